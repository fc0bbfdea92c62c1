"""Fetch the images as they were published.

reads    download.path           your images, or a torchvision root; digits and hub need neither
         data/cleaning           tables of what to leave out, and of what to label otherwise
writes   data/raw                every image, still encoded, with its label
         data/decided.json       the images that tables keep or relabel, for inspect
         metrics/download.json   how many came in, what was passed over, left out, or relabelled
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field

from stages import launch
from stages.artifacts import decided, download_metrics, raw
from stages.artifacts.decided import DecidedImages
from stages.artifacts.download_metrics import Arrived
from stages.errors import UserError
from stages.progress import say
from stages.sources import (
    cleaning,
    combined,
    digits,
    hub_dataset,
    named,
    origin,
    pairs,
    parquet,
    passed_over,
    table,
)
from stages.sources.catalog import SetName
from stages.sources.combined import Combined
from stages.sources.decisions import Cleaning
from stages.sources.limits import limit_images
from stages.sources.titles import titled


class Download(origin.Origin, hub_dataset.HubSet, Combined, named.Named, Cleaning):
    """Section `download` of params.yaml."""

    dataset: Literal["digits", "folder", "pairs", "table", "parquet", "hub", SetName] = Field(
        description="digits, a named set, hub, or the layout of your own images"
    )


@contextmanager
def download(params: Download) -> Iterator[raw.Raw]:
    """Yield the data set that the parameters name, to be read inside the block."""
    _require_read(params)
    match params.dataset:
        case "digits":
            yield digits.load()
        case "pairs":
            with origin.open_store(params) as store:
                yield pairs.load(store)
        case "folder" | "table" | "parquet" as layout:
            loads = {"folder": combined.load, "table": table.load, "parquet": parquet.load}
            with origin.open_store(params) as store:
                yield loads[layout](store, params)
        case "hub":
            _require_no_archive(params)
            yield hub_dataset.load(params, params, params.max_bytes)
        case name:
            source = Path(params.path)
            with named.open_dataset(name, source, params, params.max_bytes) as published:
                yield published


def named_for_people(params: Download) -> str:
    """Return the name of the data set."""
    place = params.address or params.path
    return titled(params.dataset, place, params.repository, params.emnist_split)


def _require_read(params: Download) -> None:
    """Refuse parameters that the data set would pass over, where these say what labels are.

    Raises:
        UserError: there is one.
    """
    tables = params.dataset == "table" or (params.dataset == "folder" and params.table is not None)
    columns = params.dataset in {"table", "parquet", "hub"}
    unread = {
        "label_pattern": (params.label_pattern, params.dataset == "folder", "dataset folder"),
        "join_table": (params.join_table, tables, "dataset table, or folder with a table"),
        "group_column": (params.group_column, columns, "dataset table, parquet or hub"),
    }
    for name, (value, is_read, needs) in unread.items():
        if value is not None and not is_read:
            raise UserError(
                f"params.yaml: download.{name} is for {needs}, but download.dataset is "
                f"{params.dataset}; set it to null"
            )


def _require_no_archive(params: Download) -> None:
    """Refuse what would be taken for a check or a place of the hub's files, and is neither.

    Raises:
        UserError: a checksum or an address is given.
    """
    for name, value in {"sha256": params.sha256, "address": params.address}.items():
        if value is not None:
            raise UserError(
                f"params.yaml: download.{name} is for an archive, but download.dataset is hub, "
                "whose commit has the checksums of its files; set it to null"
            )


def main() -> None:
    """Run the stage."""
    params = Download.load()
    with download(params) as published:
        cleaned, changes = cleaning.clean(published, params)
        images = raw.write(limit_images(cleaned, params.max_bytes))
    decided.write(DecidedImages(splits=tuple(published.splits), images=tuple(cleaned.decided)))
    arrived = Arrived(named_for_people(params), cleaned.passed_over, cleaned.examples)
    download_metrics.write(images, arrived, changes)
    lost = [name for name in published.classes if name not in cleaned.classes]
    say(*passed_over.summary(images, cleaned), *cleaning.summary(changes, lost, params))


if __name__ == "__main__":
    launch.run(main)
