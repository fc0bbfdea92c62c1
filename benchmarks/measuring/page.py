"""docs/measured.md: all that docs/measured.json holds, for a reader."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.measuring.figure import Figure
from benchmarks.measuring.measured import Conditions, Measured, Part

HEAD = """\
# Measured

`make bench` writes this page and its source, docs/measured.json, from which `make figures` fills in
the other documents. Ways that are compared ran in turns, in one run, each in a process of its own;
a ratio is that of turns which followed each other. Behind a median stand the least and the greatest
of n values, behind a mean ± its standard deviation. Accuracy is that on the test split.
"""
NONE = "-"
OTHERS = ("fastai", "timm")


def rendered(found: Measured) -> str:
    """Return the page."""
    told = [part for part in found.parts.values() if part.state == "measured"]
    common = _commonest(part.conditions for part in told or found.parts.values())
    blocks = [HEAD]
    if common:
        seconds = sum(part.seconds for part in found.parts.values())
        took = f"All parts together took {seconds / 60:.0f} minutes."
        blocks.append(f"{_told(common)} {took}\n")
    if common and common.quick:
        blocks.append("**A trial (`--quick`): its figures mean nothing.**\n")
    blocks += _overview(found)
    for name, part in found.parts.items():
        blocks += _section(name, part, common) if part.state == "measured" else []
    blocks += _missing(found)
    return "\n".join(blocks)


def _commonest(conditions: Iterable[Conditions]) -> Conditions | None:
    """Return the conditions of most parts, without what a part has of its own."""
    listed = [*conditions]
    if not listed:
        return None
    (told, _), *_ = Counter(map(_plain, listed)).most_common(1)
    return next(one for one in listed if _plain(one) == told)


def _plain(conditions: Conditions) -> str:
    own = {name: of for name, of in conditions.versions.items() if name not in OTHERS}
    return conditions.model_copy(update={"versions": own}).model_dump_json()


def _told(conditions: Conditions) -> str:
    """Return a sentence about where it was measured."""
    listed = ", ".join(f"{name} {number}" for name, number in conditions.versions.items())
    cores = "1 core" if conditions.cores == 1 else f"{conditions.cores} cores"
    return f"Measured on {cores} of {conditions.processor}; {listed}; code {conditions.code}."


def _overview(found: Measured) -> Iterator[str]:
    """Yield the table of all that was compared with another way of doing it."""
    rows = [(name, part.figures) for name, part in found.parts.items() if "ratio" in part.figures]
    if not rows:
        return
    yield "## Ours against the usual way\n"
    heads = (
        "",
        "times as fast as the usual way",
        "accuracy of that",
        "accuracy of ours",
        "times as fast as other packages",
    )
    table = [
        (
            f"[{name}](#{name})",
            figures["ratio"].whole(),
            *(_cell(figures.get(f"{way}_accuracy")) for way in ("usual", "ours")),
            "; ".join(_others(figures)) or NONE,
        )
        for name, figures in rows
    ]
    yield _table(heads, table)


def _others(figures: dict[str, Figure]) -> Iterator[str]:
    for way in OTHERS:
        if ratio := figures.get(f"{way}_ratio"):
            score = figures.get(f"{way}_accuracy")
            yield f"{way} {ratio.whole()}" + (f", accuracy {score.whole()}" if score else "")


def _section(name: str, part: Part, common: Conditions | None) -> Iterator[str]:
    """Yield heading, notes and figures of a part."""
    yield f"## {name}\n"
    if common and _plain(part.conditions) != _plain(common):
        yield f"{_told(part.conditions)}\n"
    if notes := [note for note in part.notes if note]:
        yield "; ".join(notes) + ".\n"
    rows = [
        (figure.what, f"`{name}.{key}`", *_cells(figure)) for key, figure in part.figures.items()
    ]
    yield _table(("", "key", "figure", "spread", "n"), rows)


def _cells(figure: Figure) -> tuple[str, str, str]:
    spread = figure.told("spread") if len(figure.values) > 1 else NONE
    return f"{figure.told()} {figure.unit}".rstrip(), spread, figure.told("n")


def _missing(found: Measured) -> Iterator[str]:
    """Yield what failed and what could not be measured, with the reason."""
    for state, heading in (("failed", "Failed"), ("not measured", "Not measured")):
        rows = [(name, part.reason) for name, part in found.parts.items() if part.state == state]
        if rows:
            yield f"## {heading}\n"
            yield _table(("", "why"), rows)


def _cell(figure: Figure | None) -> str:
    return figure.whole() if figure else NONE


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = (heads, ["---"] * len(heads), *rows)
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|").replace("<", "&lt;").replace("\n", " ")
