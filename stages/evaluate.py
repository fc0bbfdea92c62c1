"""Evaluate the classifier on images that it was not trained on.

reads    data/splits                            the test split, or val; val, to fit thresholds to
         models/classifier.safetensors
         metrics/history.csv                    the training curves, for the page
         metrics/download.json                  name of the data set and what was left out, likewise
         metrics/preprocess.json                sizes and duplicates, likewise
writes   metrics/evaluate.json                  the scores
         metrics/evaluate/plots                 tables and pictures, for `dvc plots`
         metrics/evaluate/predictions.parquet   the probabilities of every image
         metrics/evaluate/report.html           all of it on one page
         models/decision.json                   when to answer, and with which classes
"""

from collections.abc import Mapping
from math import ceil
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from stages import environment, launch, page_facts, runtime, workers, world
from stages.artifacts import (
    agreement,
    classifier,
    decision,
    download_metrics,
    history,
    predictions,
    preprocess_metrics,
    report,
    splits,
)
from stages.artifacts.classifier import Classifier
from stages.batches import to_device
from stages.params import BatchSize
from stages.progress import Progress, say, step
from stages.reporting.abstention import Abstention, Sight, fit
from stages.reporting.data_notes import Sources
from stages.reporting.outcome import RuleOutcome
from stages.reporting.page.page import fingerprint, render
from stages.reporting.page.presentation import Background, present
from stages.reporting.results import Results
from stages.reporting.tta import Tta, Viewing
from stages.runtime import Runtime
from stages.scores import predict, watched
from stages.world import World


class Evaluate(Abstention, Tta, Runtime):
    """Section `evaluate` of params.yaml."""

    split: Literal["test", "val"] = Field(description="split on which the scores are computed")
    batch_size: BatchSize = Field(description="images at once: speed and memory")


def evaluate(
    params: Evaluate, judged: Classifier, part: splits.Split, here: World
) -> Float[Tensor, "n k"]:
    """Return the logits of every image, averaged over its views."""
    network = Viewing(judged.whole(), params).to(here.device)
    with (
        Progress(f"predict {params.split}", len(part.labels), "images", shown=here.writes) as bar,
        watched(network, bar, here.size),
    ):
        return predict(network, to_device(part, here.device), params.batch_size, here)


class Logits(NamedTuple):
    """Logits of the judged split, with and without test-time augmentation, and of val."""

    averaged: Float[Tensor, "n k"]  # over the views of each image
    plain: Float[Tensor, "n k"]  # as exported files say it
    val: Float[Tensor, "m k"]  # likewise


def evaluate_all(
    params: Evaluate, judged: Classifier, parts: Mapping[str, splits.Split], here: World
) -> Logits:
    """Return all logits, none computed twice."""
    once, part = params.model_copy(update={"tta": "none"}), parts[params.split]
    averaged = evaluate(params, judged, part, here)
    plain = averaged if params.tta == "none" else evaluate(once, judged, part, here)
    val = once.model_copy(update={"split": "val"})
    on_val = plain if params.split == "val" else evaluate(val, judged, parts["val"], here)
    return Logits(averaged, plain, on_val)


def decide_on(
    params: Evaluate, logits: Logits, parts: Mapping[str, splits.Split], temperature: float
) -> RuleOutcome:
    """Fit the rule to val, and return what it comes to."""
    val, part = (torch.from_numpy(parts[name].labels) for name in ("val", params.split))
    fitted = Sight(logits.val, val, temperature)
    seen = Sight(logits.plain, part, temperature)
    return RuleOutcome(fit(fitted, params), seen, params.split, fitted)


def write(results: Results, background: Background, outcome: RuleOutcome) -> None:
    """Write scores, predictions, the page and the rule."""
    with step("draw curves, galleries and the page"):
        baseline = background.baseline(results)
        report.write(baseline.beside(outcome.within(results.report)))
        predictions.write(results.predictions)
        page = render(present(results, background))
        report.write_page(page)
    of = fingerprint(page)
    page_facts.write("evaluate", of, lambda: {"of": of, **page_facts.run()})
    decision.write(outcome.rule)


def main() -> None:
    """Run the stage."""
    params, meta = Evaluate.load(), splits.read_meta()
    workers.share(params, ceil(meta.counts[params.split] / params.batch_size))
    here, judged = world.join(runtime.start(params)), classifier.read()
    agreement.check(meta, judged.card)
    parts = {name: splits.read(name) for name in splits.NAMES}
    part, paths = parts[params.split], splits.read_paths(params.split)
    logits = evaluate_all(params, judged, parts, here)
    here.leave()
    if not here.writes:
        return
    results = Results(judged, part, paths, logits.averaged.numpy())
    outcome = decide_on(params, logits, parts, judged.card.temperature)
    told = Sources(
        download_metrics.read(), preprocess_metrics.read(), judged.card.interface, meta.cleaned
    )
    model = environment.digest(classifier.PATH)
    background = Background(
        params.split, parts, history.read(), meta.duplicates, outcome, told, model
    )
    write(results, background, outcome)
    baseline = background.baseline(results)
    said = [*baseline.summary(results.report.scores), *outcome.sentences()]
    say(*results.summary(params.split), *said, f"Open {report.PAGE} for the scores.")


if __name__ == "__main__":
    launch.run(main)
