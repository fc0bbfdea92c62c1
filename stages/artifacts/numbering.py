"""Number classes of the same name: `crane` and `crane (2)`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from unicodedata import normalize

from reprise.escaping import UNSEEN, printable


def numbered(names: Sequence[str], key: Callable[[str], str] = str) -> tuple[str, ...]:
    """Append a number to every name whose key came before, so that all keys differ.

    The first of a key keeps its name, and so does whatever is called `crane (2)` by itself.
    """
    taken, found = {key(name) for name in names}, list[str]()
    numbers = dict[str, Iterator[int]]()  # that are free, by the keys that came
    for name in names:
        own, came = name, key(name)
        if came in numbers:
            candidates = (f"{name} ({number})" for number in numbers[came])
            own = next(new for new in candidates if key(new) not in taken)
            taken.add(key(own))
        numbers.setdefault(came, count(2))
        found.append(own)
    return tuple(found)


def distinct(names: Sequence[str]) -> list[str]:
    """Return names of classes as tables and pages show them: escaped, no two that look alike."""
    return [*numbered([*map(printable, names)], _look)]


def _look(name: str) -> str:
    """Return what a reader sees: one form of accents, single spaces, nothing invisible."""
    return normalize("NFC", " ".join(UNSEEN.sub("", name).split()))
