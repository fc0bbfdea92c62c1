"""Bring the published images into training form: one size, three splits.

reads    data/raw
writes   data/splits               train, val and test; every image is in exactly one of them
         metrics/preprocess.json   what was seen: counts, sizes, excluded files, duplicates
         metrics/preprocess        samples.png, a contact sheet of training images
"""

from typing import Literal

import numpy as np
from jaxtyping import Int64
from PIL.Image import Image
from pydantic import Field, model_validator

from stages import launch
from stages.artifacts import preprocess_metrics, raw, splits
from stages.artifacts.raw import GROUP_IMAGES, Published
from stages.artifacts.splits import NAMES, Writer
from stages.imaging import summary
from stages.imaging.assembly import decode_into
from stages.imaging.duplicates import Duplicates, find_duplicates, hash_originals
from stages.imaging.normalization import Normalization, compute_moments, histogram
from stages.imaging.pool import Decoding
from stages.imaging.splitting import Splitting, assign_splits, check_splits
from stages.imaging.summary import contact_sheet
from stages.nets.interface import Interface


class Preprocess(Decoding, Splitting, Normalization, Duplicates):
    """Section `preprocess` of params.yaml."""

    on_error: Literal["fail", "exclude"] = Field(
        description="on images that cannot be decoded: name them all and stop, or leave them out"
    )

    @model_validator(mode="after")
    def _match_imagenet(self) -> "Preprocess":
        if self.normalize == "imagenet" and self.channels != 3:
            raise ValueError(f"normalize imagenet needs channels 3, is {self.channels}")
        return self


def preprocess(
    params: Preprocess, published: Published, out: Writer
) -> tuple[dict[str, object], Image]:
    """Write every image to its split; return what was seen, in figures and as a contact sheet."""
    classes = published.classes
    seen = decode_into(published, assign_splits(published.labels, classes, params), params, out)
    if params.on_error == "fail":
        summary.refuse_failures(seen.failures)
    found = find_duplicates(hash_originals(published, seen, params.channels))
    leaked = np.searchsorted(np.flatnonzero(seen.homes == NAMES.index("train")), found.leaked)
    dropped = leaked if params.duplicates == "drop_from_train" else leaked[:0]
    counts = seen.counts.copy()
    for rows in np.array_split(dropped, 1 + len(dropped) // GROUP_IMAGES):
        counts -= histogram(out.images("train", rows))
    out.leave_out("train", dropped)
    check_splits({name: out.labels(name) for name in NAMES}, classes)
    out.finish(describe(params, classes, counts), seen.failures)
    for remark in summary.messages(seen, found, len(dropped)):
        print(remark)
    return summary.summarize(published, out, seen, found), contact_sheet(out, classes, params.seed)


def describe(
    params: Preprocess, classes: tuple[str, ...], counts: Int64[np.ndarray, "c 256"]
) -> Interface:
    """Say what a network that learns from these splits is fed."""
    height, width = params.image_size
    moments = compute_moments(params, counts)
    return Interface(
        classes=classes,
        height=height,
        width=width,
        channels=params.channels,
        resize=params.resize,
        interpolation=params.interpolation,
        mean=moments.mean,
        std=moments.std,
    )


def main() -> None:
    """Run the stage."""
    params, published = Preprocess.load(), raw.read()
    with splits.writer((*params.image_size, params.channels)) as out:
        seen, sheet = preprocess(params, published, out)
    preprocess_metrics.write(seen, sheet)
    print(", ".join(f"{name} {out.count(name):,}" for name in NAMES), "images")


if __name__ == "__main__":
    launch.run(main)
