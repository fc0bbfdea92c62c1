"""Temperature scaling: logits divided by one number, so that probabilities are calibrated."""

from math import exp, log
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from reprise.counting import counted
from stages.artifacts.classifier import Card, Classifier
from stages.batches import Resident
from stages.scores import predict
from stages.training.step import Step

RANGE = (0.05, 20.0)  # of temperatures; one at an end is no estimate
EDGE = 1.01  # as a factor: nearer to an end of the range is at it
CHANCE = 3.84  # chi-squared of 1 degree of freedom, which chance exceeds once in 20


class Calibrated(NamedTuple):
    """The classifier of the best epoch, and what it makes of val."""

    classifier: Classifier
    logits: Float[Tensor, "n k"]  # of val, not divided by the temperature


def calibrate(step: Step, card: Card, val: Resident) -> Calibrated:
    """Restore the weights of the best epoch, and fit the temperature to val."""
    network = step.learner.network
    network.load_state_dict(step.learner.best)
    logits = predict(step.whole, val, step.params.batch_size, step.world)
    labels = val.labels.cpu()
    fitted = fit_temperature(logits, labels)
    update = {"temperature": fitted, "calibration": explanation(logits, labels, fitted)}
    return Calibrated(Classifier(card.model_copy(update=update), network), logits)


def fit_temperature(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]) -> float:
    """Return the number by which to divide logits for the least cross-entropy (Guo et al. 2017).

    It is 1 where nothing speaks for another: where every image is right, as the best would then be
    0; where the best is at an end of the range; and where twice the gain in log-likelihood is no
    more than chance gives (Wilks 1938).
    """
    best = _best(logits, labels)
    gain = _loss(logits, labels, 1.0) - _loss(logits, labels, best)  # nats per image
    beyond = 2 * len(labels) * gain > CHANCE
    return best if beyond and not _is_endless(logits, labels, best) else 1.0


def explanation(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"], fitted: float) -> str:
    """Explain whether the temperature was fitted, or why it was left at 1."""
    if fitted != 1:
        return "fitted to val"
    if _is_endless(logits, labels, _best(logits, labels)):
        wrong = int((logits.argmax(1) != labels).sum())
        found = f"{counted(wrong, 'mistake')} among {counted(len(labels), 'image')} of val"
        return f"left at 1, because {found} give no best value"
    return "left at 1, because a better fit to val is within chance"


def _is_endless(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"], best: float) -> bool:
    """Return whether the best is at an end of the range, or would be but for smoothing."""
    low, high = RANGE
    return not low * EDGE < best < high / EDGE or bool((logits.argmax(1) == labels).all())


def _best(logits: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]) -> float:
    """Return the temperature of the least loss, of labels that are smoothed by their number.

    A label is certain to 1 - 1 / (n + 2) (Platt 1999, section 2.2): few images make it less sure.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - half a second, once a training

    images, classes = logits.shape
    smoothing = classes / max(1, classes - 1) / (images + 2)  # a share goes to the label itself

    def loss(exponent: float) -> float:
        return _loss(logits, labels, exp(exponent), smoothing)

    found = minimize_scalar(loss, bounds=[log(bound) for bound in RANGE], method="bounded")
    return round(exp(found.x), 6)


def _loss(
    logits: Float[Tensor, "n k"],
    labels: Int64[Tensor, " n"],
    divisor: float,
    smoothing: float = 0.0,
) -> float:
    """Return the mean cross-entropy, in nats per image."""
    scaled = logits.double() / divisor
    return F.cross_entropy(scaled, labels, label_smoothing=smoothing).item()
