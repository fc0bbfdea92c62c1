"""Report a comparison of two runs as text and tables for a terminal."""

from collections.abc import Iterator, Sequence

from reprise.counting import counted
from reprise.escaping import printable
from tools.comparing.paired_test import Difference, Matched, Pair, Shift

SHOWN = 10  # rows of a table
LEVEL = 0.05  # of significance, as the interval of 95 %


def verdict(matched: Matched, found: Difference) -> Iterator[str]:
    """Yield the accuracies, their difference with its interval, and whether it is significant."""
    yield (
        f"{counted(len(matched.pairs), 'image')} in both, {matched.only_a} only in A, "
        f"{matched.only_b} only in B, {matched.relabelled} with another label in B"
    )
    gap = found.accuracy_b - found.accuracy_a
    yield (
        f"accuracy of A {found.accuracy_a:.4f}, of B {found.accuracy_b:.4f}; B - A {gap:+.4f}, "
        f"95 % interval {found.low:+.4f} to {found.high:+.4f} (paired bootstrap)"
    )
    yield (
        f"only A is right {counted(found.only_a_right, 'time')}, only B "
        f"{counted(found.only_b_right, 'time')}; "
        f"p = {found.p_value:.2g} (McNemar's exact test): {_meaning(found)}"
    )


def _meaning(found: Difference) -> str:
    if not (found.only_a_right or found.only_b_right):
        return "both are right on the same images"
    return "more than chance" if found.p_value < LEVEL else "chance alone may explain it"


def class_table(shifts: Sequence[Shift]) -> Iterator[str]:
    """Yield a table of the classes whose accuracy changed most."""
    rows = [
        (
            printable(shift.name),
            str(shift.images),
            f"{shift.right_a / shift.images:.4f}",
            f"{shift.right_b / shift.images:.4f}",
            f"{(shift.right_b - shift.right_a) / shift.images:+.4f}",
        )
        for shift in shifts[:SHOWN]
    ]
    yield f"\nclasses whose accuracy changed: {_first(shifts)}"
    yield from aligned(("class", "images", "A", "B", "B - A"), rows)


def image_table(changed: Sequence[Pair]) -> Iterator[str]:
    """Yield a table of images whose predictions differ."""
    rows = [
        (
            printable(pair.path),
            printable(pair.label),
            _said(pair.a, pair.probability_a),
            _said(pair.b, pair.probability_b),
        )
        for pair in changed[:SHOWN]
    ]
    yield f"\nimages whose prediction changed: {_first(changed)}"
    yield from aligned(("image", "class", "A", "B"), rows)


def _said(name: str, probability: float) -> str:
    return f"{printable(name)} ({probability:.2f})"


def _first(found: Sequence[object]) -> str:
    return f"{len(found)}, the first {SHOWN} of them" if len(found) > SHOWN else f"{len(found)}"


def aligned(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield header and rows in columns, or nothing if there are no rows."""
    table = [header, *rows] if rows else []
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
