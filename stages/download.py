"""Fetch the images as they were published.

reads    download.path           your images, or a torchvision root; digits and hub need neither
writes   data/raw                every image, still encoded, with its label
         metrics/download.json   how many came in, and what was passed over
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field

from stages import launch
from stages.artifacts import download_metrics, raw
from stages.errors import UserError
from stages.sources import (
    digits,
    folder,
    hub_dataset,
    named,
    origin,
    pairs,
    parquet,
    passed_over,
    table,
)
from stages.sources.catalog import SetName
from stages.sources.limits import limit_images


class Download(origin.Origin, hub_dataset.HubSet, table.Table, named.Named):
    """Section `download` of params.yaml."""

    dataset: Literal["digits", "folder", "pairs", "table", "parquet", "hub", SetName] = Field(
        description="digits, a named set, hub, or the layout of your own images"
    )


@contextmanager
def download(params: Download) -> Iterator[raw.Raw]:
    """Yield the data set that the parameters name, to be read inside the block."""
    if params.group_column is not None and params.dataset not in {"table", "parquet", "hub"}:
        raise UserError(
            f"params.yaml: download.group_column is {params.group_column}, but download.dataset "
            f"{params.dataset} has no columns; set it to null"
        )
    match params.dataset:
        case "digits":
            yield digits.load()
        case "folder" | "pairs" as layout:
            with origin.open_store(params) as store:
                yield {"folder": folder.load, "pairs": pairs.load}[layout](store)
        case "table" | "parquet" as layout:
            with origin.open_store(params) as store:
                yield {"table": table.load, "parquet": parquet.load}[layout](store, params)
        case "hub":
            _require_no_archive(params)
            yield hub_dataset.load(params, params, params.max_bytes)
        case name:
            source = Path(params.path)
            with named.open_dataset(name, source, params, params.max_bytes) as published:
                yield published


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
        images = raw.write(limit_images(published, params.max_bytes))
    download_metrics.write(images, published.passed_over, published.examples)
    print(*passed_over.summary(images, published), sep="\n")


if __name__ == "__main__":
    launch.run(main)
