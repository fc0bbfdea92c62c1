"""The scores of a classifier on one split."""

import numpy as np
from jaxtyping import Float, Float64, Int64
from sklearn.metrics import cohen_kappa_score, matthews_corrcoef, precision_recall_fscore_support

from stages.errors import UserError
from stages.reporting.calibration import certainty, expected_error, reliability
from stages.reporting.curves import area, average_precision, precision_recall, rankings, roc
from stages.reporting.risk_coverage import risks
from stages.scores import interval

MeanScores = dict[str, float | None]  # by name; None where undefined
TOP = 5  # classes, for the top-5 accuracy


def summarize(
    probabilities: Float64[np.ndarray, "n k"],
    logits: Float[np.ndarray, "n k"],
    labels: Int64[np.ndarray, " n"],
    temperature: float,
) -> MeanScores:
    """Return all scores; the probabilities are softmax(logits / temperature).

    Loss, Brier score and calibration error are of these probabilities, and with the suffix
    `_uncalibrated` of those at temperature 1. None is an undefined score, as the ROC of one class.

    Raises:
        UserError: the logits are not all finite.
    """
    require_finite(logits)
    predicted = probabilities.argmax(1)
    return {
        **_accuracies(probabilities, labels),
        **averages(labels, predicted),
        **_ranked(probabilities, labels),
        **_calibration(logits, labels, temperature),
        "aurc": float(risks(probabilities.max(1), predicted == labels).mean()),
    }


def require_finite(logits: Float[np.ndarray, "n k"]) -> None:
    """Refuse logits that are no finite numbers.

    Raises:
        UserError: there are some.
    """
    # The sum of an image is finite if all its logits are; no copy of all is made.
    broken = len(logits) - np.count_nonzero(np.isfinite(logits.sum(1, dtype=np.float64)))
    if broken:
        raise UserError(
            f"models/classifier.safetensors: gives {broken} of {len(logits)} images logits that "
            "are not finite; train again with a lower train.lr"
        )


def _accuracies(
    probabilities: Float64[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"]
) -> MeanScores:
    """Return accuracy with its 95 % interval (Wilson 1927), and top-5 accuracy beyond 5 classes.

    Of equal probabilities the first class ranks first, as in argmax.
    """
    images, classes = probabilities.shape
    own = probabilities[np.arange(images), labels][:, None]
    earlier = np.arange(classes) < labels[:, None]
    before = ((probabilities > own) | (probabilities == own) & earlier).sum(1)
    right = int((before == 0).sum())
    low, high = interval(right, images)
    scores: MeanScores = {
        "accuracy": right / images,
        "ci_low": low,
        "ci_high": high,
    }
    return scores | ({"top_5_accuracy": float((before < TOP).mean())} if classes > TOP else {})


def _ranked(
    probabilities: Float64[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"]
) -> MeanScores:
    """Return areas under ROC and precision-recall, averaged over the classes that have curves."""
    areas, precisions = list[float](), list[float]()
    for _, ranking in rankings(probabilities, labels):
        areas.append(area(roc(ranking)))
        precisions.append(average_precision(precision_recall(ranking)))
    scores = {"macro_roc_auc": areas, "macro_average_precision": precisions}
    return {name: float(np.mean(values)) if values else None for name, values in scores.items()}


def averages(labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"]) -> MeanScores:
    """Return precision, recall and F1, averaged in two ways, and agreement beyond chance.

    Macro averages weigh each class the same, weighted ones each image: a weighted recall is the
    accuracy, and a macro recall the balanced accuracy. Only classes that occur among the labels
    are averaged; one that is never predicted has precision 0.
    """
    scores = _average(labels, predicted, "macro") | _average(labels, predicted, "weighted")
    return scores | {"balanced_accuracy": scores["macro_recall"]} | _agreement(labels, predicted)


def _average(
    labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"], kind: str
) -> MeanScores:
    values = precision_recall_fscore_support(
        labels, predicted, labels=np.unique(labels), average=kind, zero_division=0
    )
    names = (f"{kind}_precision", f"{kind}_recall", f"{kind}_f1")
    return {name: float(value) for name, value in zip(names, values, strict=False)}


def _agreement(labels: Int64[np.ndarray, " n"], predicted: Int64[np.ndarray, " n"]) -> MeanScores:
    """Return Matthews' correlation and Cohen's kappa, both in [-1, 1].

    Where all labels are of one class there is no chance to compare with, and both are None. Where
    all predictions are, Matthews' correlation is 0 by convention.
    """
    if np.ptp(labels) == 0:
        return {"matthews": None, "kappa": None}
    return {
        "matthews": float(matthews_corrcoef(labels, predicted)),
        "kappa": float(cohen_kappa_score(labels, predicted)),
    }


def _calibration(
    logits: Float[np.ndarray, "n k"], labels: Int64[np.ndarray, " n"], temperature: float
) -> MeanScores:
    scores: MeanScores = {"temperature": temperature}
    for suffix, divisor in (("", temperature), ("_uncalibrated", 1.0)):
        found = certainty(logits, labels, divisor)
        scores[f"loss{suffix}"] = float(found.loss.mean())
        scores[f"brier{suffix}"] = float(found.brier.mean())
        scores[f"ece{suffix}"] = expected_error(reliability(found.confidence, found.right))
    return scores
