"""Source `folder` with more than folders: labels in names, and tables beside the folders."""

from pathlib import PurePosixPath

from stages.artifacts.raw import Raw
from stages.sources import folder, name_labels, table
from stages.sources.labelled import LabelledFile, build_raw
from stages.sources.name_labels import NameLabels
from stages.sources.other_layouts import TEXTS
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store
from stages.sources.table import Table


class Combined(Table, NameLabels):
    """Parameters of folders, and of what stands beside them."""


def load(store: Store, params: Combined) -> Raw:
    """Return the images of folders or with labels in their names, and those of tables beside.

    Raises:
        UserError: as the sources do, or a split is in folders and in a table.
    """
    if params.table is None:
        return build_raw(store, *_find(store, params))
    named, tables = table.find(store, params, beside=True)
    rest = store.without({*tables, *(file.name for file in named)})
    others = _others(rest, named)
    found, passed_over = _find(rest.without({*others}), params)
    both = {file.split for file in named} & {file.split for file in found}
    raise_problems(
        f"{store.place}: splits that are in folders and in {', '.join(map(excerpt, tables))} of "
        "download.table; keep them in one place, or set download.table to null:",
        sorted(both),
    )
    return build_raw(store, [*named, *found], {**passed_over, table.UNNAMED: others})


def _find(store: Store, params: Combined) -> tuple[list[LabelledFile], dict[str, list[str]]]:
    """Return the images without those of tables, and what is passed over."""
    if params.label_pattern is not None:
        return name_labels.find(store, params.label_pattern)
    return folder.find(store)


def _others(rest: Store, named: list[LabelledFile]) -> list[str]:
    """Return the texts beside the images of tables; refuse other files there."""
    homes = {PurePosixPath(file.name).parent for file in named}
    beside = [name for name in rest.names() if PurePosixPath(name).parent in homes]
    raise_problems(
        f"{rest.place}: files beside those of download.table, which does not name them; add them "
        "to it, or move them away:",
        [name for name in beside if not name.lower().endswith(TEXTS)],
    )
    return beside
