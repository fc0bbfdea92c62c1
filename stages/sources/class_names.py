"""Normalise and check the names of classes, in one way for all sources.

A name is a key, and two spellings that look alike are one name to a person. The normal form is
composed (NFC), has plain spaces within and none around, and nothing that cannot be seen. Beyond
that, names that only differ in letter case, width, or in what cannot be seen, are refused.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from unicodedata import category, normalize

from reprise.escaping import UNSEEN, printable
from stages.artifacts.numbering import numbered
from stages.errors import UserError
from stages.sources.reports import MAX_LINES, excerpt, raise_problems

ALIKE = "classes that look alike, or differ in upper and lower case only; spell each in one way:"


def normalize_name(name: str) -> str:
    """Return the normal form of a name; it may be empty."""
    return normalize("NFC", "".join(filter(_is_visible, _composed(name)))).strip()


def merge_spellings(place: str, spellings: Iterable[str]) -> dict[str, str]:
    """Return the normal form of every spelling; those of one form are one class.

    Raises:
        UserError: a name is empty, or names look alike, or differ in letter case only.
    """
    found = {spelling: normalize_name(spelling) for spelling in spellings}
    check_distinct(place, found)
    _warn_of_invisible(place, found)
    return found


def number_repeated(place: str, names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the normal form of the names, repeated ones numbered, and those that were numbered.

    Two of one name are two classes, as ImageNet's cranes are, the bird and the machine.

    Raises:
        UserError: as above.
    """
    check_distinct(place, names)
    forms = [normalize_name(name) for name in names]
    _warn_of_invisible(place, names)
    found = numbered(forms, _comparison_key)
    return found, [new for new, form in zip(found, forms, strict=True) if new != form]


def _warn_of_invisible(place: str, spellings: Iterable[str]) -> None:
    """Warn of names from which invisible characters are left out."""
    if cut := [name for name in spellings if normalize_name(name) != _composed(name)]:
        told = ", ".join(map(_with_code_points, cut[:MAX_LINES]))
        print(f"{excerpt(place)}: what is not seen is left out of classes: {told}", file=sys.stderr)


def check_distinct(place: str, spellings: Iterable[str]) -> None:
    """Refuse names that look alike, and those in which nothing is visible.

    Raises:
        UserError: there are some.
    """
    alike, empty = defaultdict[str, set[str]](set), set[str]()
    for spelling in spellings:
        key = _comparison_key(spelling)
        (alike[key] if key else empty).add(_composed(spelling) if key else spelling)
    if empty:
        names = ", ".join(f"'{_with_code_points(name)}'" for name in sorted(empty)[:MAX_LINES])
        raise UserError(f"{excerpt(place)}: a class has a name in which nothing is seen: {names}")
    clashes = [sorted(names) for names in alike.values() if len(names) > 1]
    raise_problems(
        f"{excerpt(place)}: {ALIKE}",
        [", ".join(map(_with_code_points, names)) for names in clashes],
    )


def _composed(name: str) -> str:
    """Return the name composed (NFC), with plain spaces: changes that need no warning."""
    plain = "".join(" " if letter.isspace() else letter for letter in name)
    return normalize("NFC", plain).strip()


def _is_visible(letter: str) -> bool:
    return category(letter) not in {"Cc", "Cs"} and not UNSEEN.match(letter)


def _comparison_key(name: str) -> str:
    """Return what names that look alike have in common (as Unicode's NFKC_Casefold)."""
    text = normalize_name(normalize("NFKC", _composed(name)))
    if len(text) > 1:  # letters are labels of their own: A and a
        text = normalize_name(normalize("NFKC", text.casefold()))
    return " ".join(text.split())


def _with_code_points(name: str) -> str:
    """Return a spelling with the code points of what is not ASCII."""
    codes = [f"U+{ord(letter):04X}" for letter in name if not letter.isascii()]
    return printable(name) + (f" ({' '.join(codes)})" if codes else "")
