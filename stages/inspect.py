"""List what a person should look at: wrong labels, near-duplicates, outliers, odd images.

reads    data/splits                            all splits
         data/decided.json                      what was decided in earlier reviews
         metrics/download.json                  name of the data set, for the page
         models/classifier.safetensors
         inspect.predictions                    predictions by other folds, if there are any
writes   metrics/inspect.json                   what there is of each finding
         metrics/inspect/review.csv             a row an image and reason, by kind
         metrics/inspect/report.html            all of it on one page, with the images
"""

from collections.abc import Sequence

import numpy as np
import torch
from pydantic import Field

from stages import launch, runtime
from stages.artifacts import (
    agreement,
    classifier,
    decided,
    download_metrics,
    other_folds,
    review,
    splits,
)
from stages.artifacts.classifier import Classifier
from stages.artifacts.splits import Meta, Split
from stages.batches import to_device
from stages.inspecting.earlier import earlier
from stages.inspecting.embedding import Embedded, embed
from stages.inspecting.exhibition import render
from stages.inspecting.findings import as_rows
from stages.inspecting.held_out import Evidence, Images, held_out
from stages.inspecting.judging import sentences
from stages.inspecting.looking import Finder, find, scan
from stages.inspecting.tally import counts, judged_by, summary
from stages.params import BatchSize, Location
from stages.progress import Progress, say, step
from stages.runtime import Runtime


class Inspect(Finder, Runtime):
    """Section `inspect` of params.yaml."""

    predictions: Location = Field(
        description="file with out-of-fold predictions, or folder that may hold one; without, "
        "labels of val and test alone are judged"
    )
    batch_size: BatchSize = Field(description="images at once: speed and memory")


def inspect(
    params: Inspect, judged: Classifier, parts: Sequence[Split], device: torch.device
) -> Embedded:
    """Return what the network makes of all images, split by split."""
    held = (to_device(part, device) for part in parts if len(part.labels))
    with Progress("predict", sum(len(part.labels) for part in parts), "images") as bar:
        seen = [embed(judged, data, params.batch_size, bar) for data in held]
    columns = (np.concatenate(column) for column in zip(*seen, strict=True))
    return Embedded(*columns)


def gather(parts: Sequence[Split], meta: Meta) -> Images:
    """Return paths, labels and splits of all images, and the decisions of earlier reviews."""
    images = Images(
        [path for name in splits.NAMES for path in splits.read_paths(name)],
        np.concatenate([part.labels for part in parts]),
        np.repeat(np.arange(len(parts)), [len(part.labels) for part in parts]),
        meta.interface.classes,
        meta.fresh,
    )
    reviewed = earlier(images, decided.read())
    return images._replace(decided=reviewed, dataset=download_metrics.read().dataset)


def main() -> None:
    """Run the stage."""
    params, meta = Inspect.load(), splits.read_meta()
    given, device = other_folds.find(params.predictions), runtime.start(params)
    judged = classifier.read()
    agreement.check(meta, judged.card)
    parts = [splits.read(name) for name in splits.NAMES]
    seen = inspect(params, judged, parts, device)
    images = gather(parts, meta)
    known = Evidence(images, held_out(seen.probabilities, images, given), seen.features)
    notes = [*sentences(images, known.given, given)]
    with step("look for labels in doubt, near-duplicates, outliers and odd images"):
        found = find(known, scan(parts), params)
    with step("draw the page"):
        review.write(as_rows(found, images), counts(found, known))
        review.write_page(render(known, parts, found, notes))
    say(
        judged_by(known.given),
        *notes,
        summary(found, images),
        f"{review.TABLE} lists them.",
        f"Open {review.PAGE} to see them.",
    )


if __name__ == "__main__":
    launch.run(main)
