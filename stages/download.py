"""Fetch the images as they were published.

writes   data/raw   every image, still encoded, with its label
"""

from typing import Literal

from pydantic import Field

from stages import errors
from stages.artifacts import raw
from stages.artifacts.raw import Raw
from stages.params import Params
from stages.sources import digits


class Download(Params):
    """Section `download` of params.yaml."""

    dataset: Literal["digits"] = Field(description="where the images come from")


def download(params: Download) -> Raw:
    """Return the data set that the parameters name."""
    sources = {"digits": digits.load}
    return sources[params.dataset]()


def main() -> None:
    """Run the stage."""
    published = download(Download.load())
    raw.write(published)
    count = sum(len(images) for images in published.splits.values())
    print(f"{count:,} images of {len(published.classes)} classes")


if __name__ == "__main__":
    errors.run(main)
