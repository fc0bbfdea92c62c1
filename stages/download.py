"""Fetch the images as they were published.

reads    download.path           your images, or a torchvision root; digits needs neither
writes   data/raw                every image, still encoded, with its label
         metrics/download.json   how many came in, and what was passed over
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field

from stages import launch
from stages.artifacts import intake, raw
from stages.sources import digits, folder, named, origin, pairs, parquet, table
from stages.sources.catalog import Name
from stages.sources.named import Named
from stages.sources.origin import Origin
from stages.sources.table import Table


class Download(Origin, Table, Named):
    """Section `download` of params.yaml."""

    dataset: Literal["digits", "folder", "pairs", "table", "parquet", Name] = Field(
        description="digits, a named set, or the layout of your own images"
    )


@contextmanager
def download(params: Download) -> Iterator[raw.Raw]:
    """Yield the data set that the parameters name, to be read inside the block."""
    match params.dataset:
        case "digits":
            yield digits.load()
        case "folder" | "pairs" as layout:
            with origin.opened(params) as store:
                yield {"folder": folder.load, "pairs": pairs.load}[layout](store)
        case "table" | "parquet" as layout:
            with origin.opened(params) as store:
                yield {"table": table.load, "parquet": parquet.load}[layout](store, params)
        case name:
            with named.opened(name, Path(params.path), params) as published:
                yield published


def main() -> None:
    """Run the stage."""
    with download(Download.load()) as published:
        images = raw.write(published)
    intake.write(images, published.passed_over)
    count, passed = sum(images.values()), sum(published.passed_over.values())
    print(f"{count:,} images of {len(published.classes)} classes, {passed:,} files passed over")


if __name__ == "__main__":
    launch.run(main)
