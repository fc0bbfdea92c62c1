"""Evaluate the classifier on images that it was not trained on.

reads    data/splits                            the test split, or val
         models/classifier.safetensors
         metrics/history.csv                    the training curves, for the page
writes   metrics/evaluate.json                  the scores
         metrics/evaluate/plots                 tables and pictures, for `dvc plots`
         metrics/evaluate/predictions.parquet   the probabilities of every image
         metrics/evaluate/report.html           all of it on one page
"""

from math import ceil
from typing import Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from stages import launch, runtime, workers, world
from stages.artifacts import agreement, classifier, history, predictions, report, splits
from stages.artifacts.classifier import Classifier
from stages.batches import to_device
from stages.params import BatchSize
from stages.reporting.page.page import render
from stages.reporting.page.presentation import Background, present
from stages.reporting.results import Results
from stages.reporting.tta import Tta, Viewing
from stages.runtime import Runtime
from stages.scores import predict
from stages.world import World


class Evaluate(Tta, Runtime):
    """Section `evaluate` of params.yaml."""

    split: Literal["test", "val"] = Field(description="split on which the scores are computed")
    batch_size: BatchSize = Field(description="images at once: speed and memory")


def evaluate(
    params: Evaluate, judged: Classifier, part: splits.Split, here: World
) -> Float[Tensor, "n k"]:
    """Return the logits of every image, averaged over its views."""
    network = Viewing(judged.whole(), params).to(here.device)
    return predict(network, to_device(part, here.device), params.batch_size, here)


def main() -> None:
    """Run the stage."""
    params, meta = Evaluate.load(), splits.read_meta()
    workers.share(params, ceil(meta.counts[params.split] / params.batch_size))
    here, judged = world.join(runtime.start(params)), classifier.read()
    agreement.check(meta, judged.card)
    parts = {name: splits.read(name) for name in splits.NAMES}
    part, paths = parts[params.split], splits.read_paths(params.split)
    logits = evaluate(params, judged, part, here)
    here.leave()
    if not here.writes:
        return
    results = Results(judged, part, paths, logits.numpy())
    background = Background(params.split, parts, history.read(), meta.duplicates)
    baseline = background.baseline(results.names)
    report.write(baseline.beside(results.report))
    predictions.write(results.predictions)
    report.write_page(render(present(results, background)))
    said = baseline.summary(results.report.scores)
    print(*results.summary(params.split), *said, sep="\n")


if __name__ == "__main__":
    launch.run(main)
