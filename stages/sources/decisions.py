"""Read what a person decided about images: tables in data/cleaning, reviews or plain lists."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from reprise.shortage import lacking
from stages.errors import UserError
from stages.params import Location, Params
from stages.sources import cells, decision_rows
from stages.sources.cells import TextTable
from stages.sources.decision_rows import DECISION, EXCLUDE, FINDING, KEEP, PATH, Ruling
from stages.sources.origin import file_store
from stages.sources.reports import excerpt, raise_problems

FOLDER = PurePosixPath("data/cleaning")  # a dep of the stage: no table elsewhere is watched


Tables = Annotated[tuple[Location, ...], Field(min_length=1, max_length=1000)]


class Cleaning(Params):
    """Parameters of what is left out, and of what gets another label."""

    exclude: Location | Tables | None = Field(
        description="table in data/cleaning of images to leave out, by path, or a list of such; "
        "null: none"
    )
    relabel: Location | Tables | None = Field(
        description="table in data/cleaning of images to give another label, by path, or a list of "
        "such; null: none"
    )


def read(params: Cleaning, classes: Collection[str]) -> list[Ruling]:
    """Read the tables that the parameters name, of a data set of these classes.

    Raises:
        UserError: there is no such table or column, a cell is not understood, or a review decides
            what no parameter asks for.
    """
    tables = {"exclude": named(params.exclude), "relabel": named(params.relabel)}
    found = list[Ruling]()
    for location in dict.fromkeys(name for names in tables.values() for name in names):
        uses = [use for use, names in tables.items() if location in names]
        table, place = _table(location, uses[0]), excerpt(location)
        if DECISION in table.columns:
            made = decision_rows.reviewed(place, table, classes)
            _require_used(place, made, uses)
        else:
            _require_plain(place, table.columns, uses)
            parse = {"exclude": decision_rows.excluded, "relabel": decision_rows.relabelled}
            made = parse[uses[0]](place, table)
        found += [ruling._replace(table=location) for ruling in made]
    return found


def named(tables: str | Sequence[str] | None) -> list[str]:
    """Return the tables that a parameter of one, of several, or of none names."""
    return [tables] if isinstance(tables, str) else [*(tables or ())]


def _table(location: str, use: str) -> TextTable:
    """Read a table of the folder that DVC watches."""
    path, place = PurePosixPath(location), f"params.yaml: download.{use} is {excerpt(location)}"
    _require_watched(path, place)
    there = Path(location)
    try:
        store = file_store(there, location)
        if not there.is_file():
            raise UserError(f"{place}, which is no file; write a table with a column {PATH}")
        if path.name in store.names():
            return cells.read(store, path.name)
    except OSError as error:
        if lacking(error):
            raise
        links = f", in a link to {there.readlink()}" if there.is_symlink() else ""
        raise UserError(
            f"{place}, which cannot be read: {error.strerror}{excerpt(links)}; {_nearest(location)}"
        ) from error
    raise UserError(f"{place}, which is empty; write a table with a column {PATH}")


def _require_watched(path: PurePosixPath, place: str) -> None:
    """Refuse a table whose changes DVC would not see."""
    if ".." in path.parts or FOLDER not in path.parents:
        raise UserError(
            f"{place}, expected is a table in {FOLDER}, which DVC watches; copy it there"
        )
    inner = path.relative_to(FOLDER)
    linked = any(Path(FOLDER, folder).is_symlink() for folder in [*inner.parents][:-1])
    if linked or any(part.startswith(".") for part in inner.parts):
        raise UserError(
            f"{place}, which is hidden or in a linked folder, where DVC does not see it change; "
            f"move it to {FOLDER}"
        )


def _nearest(location: str) -> str:
    """Name the table of the folder that was probably meant."""
    others = sorted(str(path) for path in Path(FOLDER).glob("*") if path.suffix != ".md")
    near = get_close_matches(location, [*filter(location.__ne__, others)], n=1, cutoff=0)
    return f"the nearest is {excerpt(near[0])}" if near else f"{FOLDER} holds no other table"


def _require_plain(location: str, columns: Sequence[str], uses: Sequence[str]) -> None:
    """Refuse a table without decisions that needs some, or that seems to have them."""
    near = [name for name in columns if DECISION in name.casefold()]
    if near:
        raise UserError(
            f"{location}: has no column {DECISION}, but {', '.join(map(excerpt, near))}; call the "
            f"one with the decisions {DECISION}, of text, and rename the others"
        )
    needs = f"add a column {DECISION}, and write {EXCLUDE}, {KEEP} or a class into it"
    if FINDING in columns:
        raise UserError(f"{location}: is a review without decisions; {needs}")
    if len(uses) > 1:
        raise UserError(
            f"{location}: is both download.exclude and download.relabel, and does not tell which "
            f"is meant; its columns are {', '.join(map(excerpt, columns[:10]))}; {needs}, or set "
            "one of them to null"
        )


def _require_used(location: str, made: Sequence[Ruling], uses: Sequence[str]) -> None:
    """Refuse decisions that no parameter asks for: they would be passed over in silence."""
    by_use = {
        "exclude": [f"{d.place}: {EXCLUDE}" for d in made if d.label is None and not d.keeps],
        "relabel": [f"{d.place}: {d.label}" for d in made if d.label is not None],
    }
    for use, unused in by_use.items():
        if use not in uses:
            raise_problems(
                f"{location}: decisions for download.{use}, which is not this table; set it to "
                f"{location}, too, or take them away:",
                unused,
            )
