"""What calibration did on the split that is judged, in a sentence."""

from collections.abc import Mapping


def calibration(scores: Mapping[str, float | None], split: str, done: str = "left at 1") -> str:
    """Say whether the temperature that was chosen on val made the probabilities of a split better.

    Judged by the cross-entropy, in nats per image, which it was chosen to lower; `done` says what
    training did about the temperature.
    """
    temperature, after = scores.get("temperature"), scores.get("loss")
    before = scores.get("loss_uncalibrated")
    if temperature is None or after is None or before is None:
        return ""
    if temperature == 1:
        return f"Probabilities are softmax(logits): the temperature was {done}."
    how = f"Probabilities are softmax(logits / {temperature:.4g}), the temperature chosen on val"
    if after > before:
        return (
            f"{how}. On {split} they are worse for it: the loss is {after:.4g}, and without "
            f"temperature {before:.4g}."
        )
    return f"{how}: the loss on {split} is {after:.4g}, and without temperature {before:.4g}."
