"""Write the classifier in the formats of other runtimes, and check that they agree with it.

reads    models/classifier.safetensors, data/splits (test)
writes   models/export         model.onnx: from uint8 images to logits, normalisation inside
         metrics/export.json   how its predictions on the test split compare with the classifier's
"""

import torch
from pydantic import Field, PositiveInt

from stages import errors, runtime
from stages.artifacts import classifier, portable, splits
from stages.artifacts.classifier import Classifier
from stages.artifacts.portable import Portable
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.exporting import onnx
from stages.exporting.comparison import compare
from stages.exporting.onnx import Onnx
from stages.runtime import Runtime
from stages.scores import predict


class Export(Onnx, Runtime):
    """Section `export` of params.yaml."""

    batch_size: PositiveInt = Field(description="images at once when comparing: speed and memory")


def export(params: Export, source: Classifier, test: Split) -> Portable:
    """Export the classifier, and compare every prediction on the test split."""
    runtime.start(params)
    network = source.whole()
    data = to_device(test, torch.device("cpu"))
    reference = predict(network, data, params.batch_size)
    model = onnx.convert(network, data.images[:2], params)
    logits = onnx.predict(model, data.images.split(params.batch_size), params.threads)
    comparison = compare(logits, reference, data.labels)
    return Portable({"model.onnx": model}, {"onnx": {**comparison, "bytes": len(model)}})


def main() -> None:
    """Run the stage."""
    exported = export(Export.load(), classifier.read(), splits.read("test"))
    portable.write(exported)
    for name, figures in exported.comparison.items():
        print(f"{name}: {figures['agreement']:.2%} of the predictions agree with the classifier's")


if __name__ == "__main__":
    errors.run(main)
