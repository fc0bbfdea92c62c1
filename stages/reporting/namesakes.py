"""Names of classes as tables and pages show them: a name a class, whatever the data calls them."""

import re
from collections import Counter
from collections.abc import Iterable
from unicodedata import normalize

from reprise.escaping import printable

UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")


def distinct(names: Iterable[str]) -> list[str]:
    """Return names that can be told apart: the second of two that look alike is `crane (2)`."""
    taken, numbers, shown = set[str](), Counter[str](), list[str]()
    for name in map(printable, names):
        look = new = _look(name)
        while new in taken:
            numbers[look] += 1
            new = f"{look} ({numbers[look] + 1})"
        taken.add(new)
        shown.append(name if new == look else f"{name} ({numbers[look] + 1})")
    return shown


def _look(name: str) -> str:
    """Return what a reader sees: one form of accents, single spaces, nothing invisible."""
    return normalize("NFC", " ".join(UNSEEN.sub("", name).split()))
