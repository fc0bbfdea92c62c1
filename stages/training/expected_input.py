"""The images that pretrained weights expect: how they are normalised, and of which size."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.nets import timm_models
from stages.nets.network import Network

# Of torchvision, these two normalise again what is normalised as ImageNet; here, they do not.
HALVED = {"googlenet", "inception_v3"}
OTHERS = "set preprocess.normalize to dataset, imagenet, half or none"


class Expected(NamedTuple):
    """Mean, standard deviation and size of the images that weights were trained with."""

    mean: tuple[float, ...]  # [C], in units of [0, 1]
    std: tuple[float, ...]  # [C], likewise
    size: tuple[int, int] | None = None  # height and width in their training, in pixels


def of_architecture(network: Network) -> Expected | None:
    """Return what the published weights of an architecture expect; None where there are none.

    Raises:
        UserError: timm is absent, or has no such architecture.
    """
    match network.network:
        case "timm":
            return _of_timm(network.architecture)
        case "torchvision":
            return _of_torchvision(network.architecture)
    return None


def closed(card: Card, stored: Expected | None) -> Card:
    """Return the card with mean and std of the weights; `stored` are those that their file names.

    Raises:
        UserError: the weights have none, or for another number of channels.
    """
    expected = stored or of_architecture(card.network)
    if expected is None:
        network, weights = card.network.network, card.training["weights"]
        raise UserError(
            "params.yaml: preprocess.normalize weights takes mean and std from the weights that "
            f"training starts from, but train.network {network} with train.weights {weights} has "
            f"none; {OTHERS}, or train.network to torchvision or timm"
        )
    update = {"mean": expected.mean, "std": expected.std}
    interface = card.interface.model_copy(update=_fitted(update, card.interface.channels))
    return card.model_copy(update={"interface": interface})


def remarks(card: Card, expected: Expected | None) -> Iterator[str]:
    """Say what published weights expect of images, where those at hand are otherwise."""
    if expected is None:
        return
    interface, name = card.interface, card.network.architecture
    if expected.size not in {None, (interface.height, interface.width)}:
        yield (
            f"{name}: its weights were made with images of {_sides(expected.size)} pixels, images "
            f"have {_sides((interface.height, interface.width))}; preprocess.image_size decides"
        )
    moments = {"mean": (expected.mean, interface.mean), "std": (expected.std, interface.std)}
    for moment, (theirs, ours) in moments.items():
        if len(ours) == len(theirs) and not np.allclose(ours, theirs, atol=0.001):
            yield (
                f"{name}: its weights expect a {moment} of {_listed(theirs)}, images have "
                f"{_listed(ours)}; preprocess.normalize decides, and weights is theirs"
            )


def _of_timm(architecture: str) -> Expected | None:
    timm_models.require_known(architecture)
    import timm  # noqa: PLC0415  # takes seconds, and may be absent

    config = timm.get_pretrained_cfg(architecture)
    if config is None:
        return None
    _, height, width = config.input_size
    return Expected((*config.mean,), (*config.std,), (height, width))


def _of_torchvision(architecture: str) -> Expected | None:
    from torchvision import models  # noqa: PLC0415  # takes seconds

    if architecture not in models.list_models(module=models):
        return None  # which building it tells
    preset = models.get_model_weights(architecture).DEFAULT.transforms()
    size = (preset.crop_size[0],) * 2
    if architecture in HALVED:
        return Expected((0.5,) * 3, (0.5,) * 3, size)
    return Expected((*preset.mean,), (*preset.std,), size)


def _fitted(moments: dict[str, tuple[float, ...]], channels: int) -> dict[str, tuple[float, ...]]:
    """Return the moments for so many channels, of which there are others only where all agree.

    Raises:
        UserError: they do not.
    """
    found = len(moments["mean"])
    if found == channels:
        return moments
    if any(len({*values}) > 1 for values in moments.values()):
        raise UserError(
            "params.yaml: preprocess.normalize weights: the weights that training starts from "
            f"expect a mean of {_listed(moments['mean'])}, for {found} channels, images have "
            f"{channels}; set preprocess.channels to {found}, or {OTHERS}"
        )
    return {name: values[:1] * channels for name, values in moments.items()}


def _listed(moments: Iterable[float]) -> str:
    return ", ".join(f"{moment:.3g}" for moment in moments)


def _sides(size: tuple[int, int] | None) -> str:
    return " x ".join(map(str, size or ()))
