"""Weights to begin with: those torchvision publishes, somebody's, or one's own."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from torch import nn

from stages import address
from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.params import Location, Params
from stages.training import published, state_dict
from stages.training.state_dict import StateDict
from stages.training.transplant import transplant

SOURCE = Path("models/source")  # a dep of the stage: what changes in here runs it again


class Pretrained(Params):
    """Parameters of the weights that training begins with."""

    weights: Location = Field(
        description="none: fresh ones; default: those torchvision publishes; "
        "or path or address of a state dict, .safetensors or .pth"
    )
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        description=f"checksum of that file, 64 hexadecimal digits; null: it is in {SOURCE}"
    )

    @model_validator(mode="after")
    def _need_a_file(self) -> "Pretrained":
        if self.weights in {"none", "default"} and self.weights_sha256 is not None:
            raise ValueError(
                f"weights_sha256 is for a file, but weights is {self.weights}; set it to null"
            )
        return self


def load(network: nn.Module, params: Pretrained, card: Card) -> list[str]:
    """Copy the weights into the network that was built from the card; return what to tell of it.

    Raises:
        UserError: they cannot be had, are others than the checksum's, or do not fit.
    """
    if params.weights == "none":
        return []
    found = _default(card) if params.weights == "default" else _stored(params)
    return transplant(network, found, card.interface.classes)


def _default(card: Card) -> StateDict:
    if card.network.network != "torchvision":
        raise UserError(
            "params.yaml: train.weights default is for train.network torchvision, which is "
            f"{card.network.network}; set train.weights to none"
        )
    return published.weights(card.network.architecture)


def _stored(params: Pretrained) -> StateDict:
    place, told = params.weights, address.public(params.weights)
    if _inside(place, classifier.PATH):
        raise UserError(
            f"params.yaml: train.weights is {told}, which this stage makes anew; "
            f"copy it to {SOURCE}/ and name the copy"
        )
    data = state_dict.fetch(place)
    found, expected = sha256(data).hexdigest(), params.weights_sha256
    if expected is None and not _inside(place, SOURCE):
        raise UserError(
            f"params.yaml: train.weights is {told}, where it can change unnoticed; put it in "
            f"{SOURCE}/ and name it there, or set train.weights_sha256 to {found}"
        )
    if expected is not None and found != expected.lower():
        raise UserError(
            f"{told}: its sha256 is {found}, train.weights_sha256 is {expected.lower()}; "
            "bring the right file, or correct the parameter"
        )
    return state_dict.parse(data, told)


def _inside(place: str, folder: Path) -> bool:
    """Say whether a path leads into the folder, by its name: what DVC tracks may be a link."""
    path = Path(os.path.normpath(Path.cwd() / place))
    return "://" not in place and path.is_relative_to(Path.cwd() / folder)
