"""Explain curves of training that surprise: a loss on train above that on val."""

from collections.abc import Iterator, Mapping, Sequence
from math import log

from stages.artifacts.history import Epoch

LAST = 3  # epochs that are compared, the last ones
AUGMENTING = (
    "flip", "crop_padding", "resized_crop", "rotation", "brightness", "contrast", "saturation",
    "hue", "policy", "erasing",
)  # fmt: skip
MIXING = {"mixup": "MixUp", "cutmix": "CutMix"}
Parameters = Mapping[str, object]


def notes(history: Sequence[Epoch], params: Parameters, classes: int) -> list[str]:
    """Say why train looks worse than val, where it does and the parameters tell why.

    `params` are those that have an effect.
    """
    if not history:
        return []
    last = history[-LAST:]
    worse = sum(epoch.train_loss - epoch.val_loss for epoch in last) > 0
    lower = sum(epoch.train_accuracy - epoch.val_accuracy for epoch in last) < 0
    causes = [*_causes(params, classes, loss=worse)]
    if not (worse or lower) or not causes:
        return []
    seen = " and ".join(["loss is higher"] * worse + ["accuracy is lower"] * lower)
    told = (
        f"On train the {seen} than on val. That is to be expected here, and no sign of a mistake: "
        f"{'; '.join(causes)}. Besides, train is averaged over the epoch while the weights change, "
        "and val is measured at its end."
    )
    return [told]


def _causes(params: Parameters, classes: int, *, loss: bool) -> Iterator[str]:
    """Yield what makes training harder than validation; of the loss, or of the accuracy alone."""
    smoothing = _number(params, "label_smoothing")
    if loss and smoothing:
        yield (
            f"label_smoothing {smoothing:g} spreads that share of every target over all classes, "
            f"so that no network gets below {least_loss(smoothing, classes):.3g} nats on train, "
            "and val is measured without it"
        )
    if mixed := [name for name in MIXING if _number(params, name)]:
        named = " and ".join(MIXING[name] for name in mixed)
        yield f"{named} ({', '.join(mixed)}) blends images of train, which makes them ambiguous"
    dropped = [name for name in ("dropout", "drop_path") if _number(params, name)]
    if dropped:
        yield f"{' and '.join(dropped)} leaves out part of the network on train alone"
    if changed := [name for name in AUGMENTING if name in params]:
        yield f"augmentation ({', '.join(changed)}) makes the images of train harder"
    if params.get("ema") is not None:
        yield "val is measured with the moving average of the weights (ema)"


def least_loss(smoothing: float, classes: int) -> float:
    """Return the entropy of a smoothed target, in nats: the least cross-entropy to be had."""
    rest = smoothing / classes
    own = 1 - smoothing + rest
    return -own * log(own) - (classes - 1) * rest * log(rest)


def _number(params: Parameters, name: str) -> float:
    value = params.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
