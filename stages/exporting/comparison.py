"""How an exported model's predictions compare with the classifier's."""

from jaxtyping import Float, Int64
from torch import Tensor

from stages.scores import accuracy


def compare(
    logits: Float[Tensor, "n k"], reference: Float[Tensor, "n k"], labels: Int64[Tensor, " n"]
) -> dict[str, float]:
    """Return accuracy, share of equal predictions, and the largest difference of a probability."""
    difference = logits.double().softmax(1) - reference.double().softmax(1)
    return {
        "accuracy": accuracy(logits, labels),
        "agreement": accuracy(logits, reference.argmax(1)),
        "max_probability_difference": difference.abs().max().item(),
    }
