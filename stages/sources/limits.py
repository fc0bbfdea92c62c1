"""How much may come in: one limit for all sources, told by whoever knows the name of the source."""

from collections.abc import Iterable, Iterator

from stages.sources.store import Member


class RefusedError(Exception):
    """Why an archive is not read, with the remedy; who knows its name tells the user."""


def within(members: Iterable[Member], most: int, does: str) -> Iterator[Member]:
    """Refuse to go on when the members add up to more than `most` bytes.

    Raises:
        RefusedError: they do; `does` says of the source what it does.
    """
    total = 0
    for member in members:
        total += member.size
        limit(total, most, does)
        yield member


def limit(total: int, most: int, does: str) -> None:
    """Refuse more bytes than the user allows.

    Raises:
        RefusedError: there are more.
    """
    if total > most:
        raise RefusedError(
            f"{does} more than {most:,} bytes; raise download.max_bytes if you trust it"
        )
