"""Convert the classifier to formats of other runtimes, and check that they predict as it does.

reads    models/classifier.safetensors, data/splits (train for the ranges of int8, test)
         models/decision.json  when a model answers, and with which classes
         metrics/download.json  name of the data set, for the card
writes   models/export         the files of each format, from pixels to calibrated probabilities
                               and decisions, and README.md, the model card
         metrics/export.json   how the predictions of each format on the test split compare with
                               the classifier's
"""

from math import ceil

import torch

from stages import environment, launch, page_facts, runtime, workers, world
from stages.artifacts import agreement, classifier, decision, download_metrics, exported, splits
from stages.artifacts.classifier import Classifier
from stages.artifacts.exported import CARD, Portable
from stages.exporting import card_data, latency, model_card
from stages.exporting.conversion import Conversion, Data, convert_all
from stages.progress import say
from stages.world import World


class Export(Conversion):
    """Section `export` of params.yaml."""


def export(params: Export, source: Classifier, data: Data, here: World) -> Portable:
    """Convert the classifier, and compare its predictions on the test split.

    Each process converts; they share the comparison.

    Raises:
        UserError: no format can express the classifier and is near enough to it, or one of them
            fails where export.on_unsupported is fail.
    """
    made = convert_all(source, data, params, here)
    comparison = {one.name: one.figures for one in made}
    subject = model_card.Subject(source, data.meta, comparison, data.rule, data.told)
    readme = model_card.render(subject, params)
    models = {path: content for one in made for path, content in one.files.items()}
    return Portable({**models, CARD: readme.encode()}, comparison)


def main() -> None:
    """Run the stage."""
    params, meta = Export.load(), splits.read_meta()
    workers.share(params, ceil(meta.counts["test"] / params.batch_size))
    runtime.start(params)
    here, source = world.join(torch.device("cpu")), classifier.read()
    agreement.check(meta, source.card)
    parts = splits.read("train"), splits.read("test"), splits.read_paths("test")
    labels = {name: splits.read(name).labels for name in splits.NAMES}
    told = card_data.count(download_metrics.read().dataset, labels, len(meta.interface.classes))
    made = export(params, source, Data(*parts, meta, decision.read(), told), here)
    here.leave()
    if not here.writes:
        return
    exported.write(made)
    model = environment.digest(classifier.PATH)
    page_facts.write(
        "export",
        f"{model} {latency.checksum(made)}",
        lambda: {"of": model, **latency.told(made, parts[1].images, params)},
    )
    say(
        *(f"{name}: {model_card.summary(figures)}" for name, figures in made.comparison.items()),
        f"The models and their card are in {exported.MODELS}.",
        "Open metrics/evaluate/report.html for the scores.",  # as evaluate says; this stage is last
    )


if __name__ == "__main__":
    launch.run(main)
