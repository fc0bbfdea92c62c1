"""`reprise upgrade`: merge a newer Reprise into a repository of one's own."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge, and return the exit code."""
    print("reprise upgrade: not there yet", arguments, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
