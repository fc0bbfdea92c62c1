"""Write the classifier in the formats of other runtimes, and check that they agree with it.

reads    models/classifier.safetensors, data/splits (train for the ranges of int8, test)
writes   models/export         a file a format, from pixels to calibrated probabilities, and
                               README.md, the model card
         metrics/export.json   how each one's predictions on the test split compare with the
                               classifier's
"""

from stages import launch, runtime
from stages.artifacts import agreement, classifier, portable, splits
from stages.artifacts.classifier import Classifier
from stages.artifacts.portable import Portable
from stages.exporting import card, making
from stages.exporting.making import Data, Making


class Export(Making):
    """Section `export` of params.yaml."""


def export(params: Export, source: Classifier, data: Data) -> Portable:
    """Export the classifier, and compare every prediction on the test split.

    Raises:
        UserError: no format can express the classifier and is near enough to it, or one of them
            where export.on_unsupported is fail.
    """
    runtime.start(params)
    made = making.files(source, data, params)
    comparison = {one.name: one.figures for one in made}
    readme = card.render(card.Subject(source, data.meta, comparison), params)
    models = {one.file: one.content for one in made if one.content}
    return Portable({**models, "README.md": readme.encode()}, comparison)


def main() -> None:
    """Run the stage."""
    params, source, meta = Export.load(), classifier.read(), splits.read_meta()
    agreement.check(meta, source.card)
    parts = splits.read("train"), splits.read("test"), splits.read_paths("test")
    exported = export(params, source, Data(*parts, meta))
    portable.write(exported)
    for name, figures in exported.comparison.items():
        print(f"{name}: {card.told(figures)}")


if __name__ == "__main__":
    launch.run(main)
