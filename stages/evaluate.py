"""Score the trained classifier on the test split.

reads    data/splits (test), models/classifier.safetensors
writes   metrics/evaluate.json   loss in nats; accuracy, macro precision, recall, F1 in [0, 1]
         metrics/evaluate        confusion.csv: images per actual and predicted class
"""

from pydantic import Field, PositiveInt

from stages import errors, runtime
from stages.artifacts import classifier, report, splits
from stages.artifacts.classifier import Classifier
from stages.artifacts.report import Report
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.reporting.averages import macro
from stages.reporting.confusion import confusion
from stages.runtime import Runtime
from stages.scores import accuracy, cross_entropy, predict


class Evaluate(Runtime):
    """Section `evaluate` of params.yaml."""

    batch_size: PositiveInt = Field(description="images at once: speed and memory")


def evaluate(params: Evaluate, judged: Classifier, test: Split) -> Report:
    """Compare the classifier's predictions with the labels."""
    device = runtime.start(params)
    data = to_device(test, device)
    logits = predict(judged.whole().to(device), data, params.batch_size)
    predictions = logits.argmax(1).numpy()
    labels = data.labels.cpu()
    scores = {
        "loss": cross_entropy(logits, labels),
        "accuracy": accuracy(logits, labels),
        **macro(test.labels, predictions),
    }
    return Report(scores, confusion(test.labels, predictions, judged.card.interface.classes))


def main() -> None:
    """Run the stage."""
    judgement = evaluate(Evaluate.load(), classifier.read(), splits.read("test"))
    report.write(judgement)
    print(", ".join(f"{name} {value:.4f}" for name, value in judgement.scores.items()))


if __name__ == "__main__":
    errors.run(main)
