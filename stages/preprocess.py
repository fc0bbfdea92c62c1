"""Bring the published images into training form: one size, three splits.

reads    data/raw
writes   data/splits   train, val and test; every image is in exactly one of them
"""

import numpy as np
from pydantic import Field

from stages import errors
from stages.artifacts import raw, splits
from stages.artifacts.raw import Raw
from stages.artifacts.splits import Meta, Split
from stages.imaging.partition import Partition, partition
from stages.imaging.pixels import decode, moments
from stages.nets.interface import Interface


class Preprocess(Partition):
    """Section `preprocess` of params.yaml."""

    size: int = Field(ge=4, description="height and width of every image, in pixels")


def preprocess(params: Preprocess, published: Raw) -> tuple[Meta, dict[str, Split]]:
    """Decode and resize every image, then deal them to the splits."""
    images = [image for split in published.splits.values() for image in split]
    pixels = np.stack([decode(image, params.size) for image in images])  # [N, S, S, 1]
    labels = np.array([image.label for image in images], np.int64)  # [N]
    members = partition(labels, params)
    parts = {name: Split(pixels[indices], labels[indices]) for name, indices in members.items()}
    mean, std = moments(parts["train"].images)
    interface = Interface(
        classes=published.classes,
        height=params.size,
        width=params.size,
        channels=pixels.shape[-1],
        mean=mean,
        std=std,
    )
    counts = {name: len(part.labels) for name, part in parts.items()}
    return Meta(interface=interface, counts=counts), parts


def main() -> None:
    """Run the stage."""
    meta, parts = preprocess(Preprocess.load(), raw.read())
    splits.write(meta, parts)
    print(", ".join(f"{name} {count:,}" for name, count in meta.counts.items()), "images")


if __name__ == "__main__":
    errors.run(main)
