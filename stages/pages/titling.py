"""Name a data set that has no name."""

from collections.abc import Sequence

NAMED = 4  # classes that a title names at most


def by_classes(classes: Sequence[str]) -> str:
    """Return a title from the names of the classes, if these are few."""
    if len(classes) <= NAMED:
        return ", ".join(classes[:-1]) + " and " * (len(classes) > 1) + classes[-1]
    return f"Images of {len(classes):,} classes"
