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
from stages.artifacts import download_metrics, raw
from stages.sources import digits, folder, named, origin, pairs, parquet, passed_over, table
from stages.sources.catalog import SetName
from stages.sources.limits import limit_images


class Download(origin.Origin, table.Table, named.Named):
    """Section `download` of params.yaml."""

    dataset: Literal["digits", "folder", "pairs", "table", "parquet", SetName] = Field(
        description="digits, a named set, or the layout of your own images"
    )


@contextmanager
def download(params: Download) -> Iterator[raw.Raw]:
    """Yield the data set that the parameters name, to be read inside the block."""
    match params.dataset:
        case "digits":
            yield digits.load()
        case "folder" | "pairs" as layout:
            with origin.open_store(params) as store:
                yield {"folder": folder.load, "pairs": pairs.load}[layout](store)
        case "table" | "parquet" as layout:
            with origin.open_store(params) as store:
                yield {"table": table.load, "parquet": parquet.load}[layout](store, params)
        case name:
            source = Path(params.path)
            with named.open_dataset(name, source, params, params.max_bytes) as published:
                yield published


def main() -> None:
    """Run the stage."""
    params = Download.load()
    with download(params) as published:
        images = raw.write(limit_images(published, params.max_bytes))
    download_metrics.write(images, published.passed_over, published.examples)
    print(*passed_over.summary(images, published), sep="\n")


if __name__ == "__main__":
    launch.run(main)
