"""Evaluate the classifier on images that it was not trained on.

reads    data/splits                            the test split, or val
         models/classifier.safetensors
         metrics/history.csv                    the training curves, for the page
writes   metrics/evaluate.json                  the scores
         metrics/evaluate/plots                 tables and pictures, for `dvc plots`
         metrics/evaluate/predictions.parquet   the probabilities of every image
         metrics/evaluate/report.html           all of it on one page
"""

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from stages import launch, runtime
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


class Evaluate(Tta, Runtime):
    """Section `evaluate` of params.yaml."""

    split: Literal["test", "val"] = Field(description="split on which the scores are computed")
    batch_size: BatchSize = Field(description="images at once: speed and memory")


def evaluate(
    params: Evaluate, judged: Classifier, part: splits.Split, device: torch.device
) -> Float[Tensor, "n k"]:
    """Return the logits of every image, averaged over its views."""
    network = Viewing(judged.whole(), params).to(device)
    return predict(network, to_device(part, device), params.batch_size)


def main() -> None:
    """Run the stage."""
    params = Evaluate.load()
    device = runtime.start(params)
    judged, meta = classifier.read(), splits.read_meta()
    agreement.check(meta, judged.card)
    parts = {name: splits.read(name) for name in splits.NAMES}
    part, paths = parts[params.split], splits.read_paths(params.split)
    results = Results(judged, part, paths, evaluate(params, judged, part, device).numpy())
    background = Background(params.split, parts, history.read())
    report.write(results.report)
    predictions.write(results.predictions)
    report.write_page(render(present(results, background)))
    print(*results.summary(params.split), sep="\n")


if __name__ == "__main__":
    launch.run(main)
