"""The limit of simultaneous connections."""

import sys

FILES = 64  # that the server has open besides connections, at most


def most() -> int:
    """Return how many connections there may be at once, by the files that a process may open."""
    try:
        import resource  # noqa: PLC0415  # which Windows lacks
    except ImportError:
        return 900
    if sys.platform == "win32":  # which type checkers know, too
        return 900
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 900 if limit == resource.RLIM_INFINITY else max(1, min(900, limit - FILES))


MOST = most()
