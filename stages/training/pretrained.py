"""Pretrained weights: those that torchvision publishes, or a file."""

import os
import re
import sys
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from torch import Tensor, hub, nn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import address
from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.params import Location, Params
from stages.training import expected_input, state_dict, timm_weights
from stages.training.state_dict import StateDict
from stages.training.transplant import transplant

SOURCE = Path("models/source")  # a dep of the stage: it runs again when a file in here changes
NAME = re.compile(r"-([0-9a-f]{8,})\.\w+$")  # a published file bears the start of its sha256
AUXILIARY = "AuxLogits."  # Inception's second head, which only its own training needs


class Pretrained(Params):
    """Parameters of pretrained weights."""

    weights: Location = Field(
        description="none: random ones; default: those torchvision or timm publishes; "
        "or path or address of a state dict, .safetensors or .pth"
    )
    weights_revision: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        description="commit of the weights' repository on the Hugging Face hub; null: they are in "
        f"{SOURCE} (timm)"
    )
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        description=f"checksum of that file, 64 hexadecimal digits; null: it is in {SOURCE}"
    )

    @model_validator(mode="after")
    def _need_a_file(self) -> "Pretrained":
        pinned = self.weights == "default" and self.weights_revision is not None
        if self.weights in {"none", "default"} and self.weights_sha256 is not None and not pinned:
            raise ValueError(
                f"weights_sha256 is for a file, but weights is {self.weights}; set it to null"
            )
        if self.weights_revision is not None and not pinned:
            raise ValueError(
                "weights_revision is for weights default, but weights is "
                f"{address.public(self.weights)}; set it to null"
            )
        return self


def load(network: nn.Module, params: Pretrained, card: Card) -> list[str]:
    """Load the weights into the network that was built from the card; return remarks for the log.

    Raises:
        UserError: they cannot be read, have another checksum, or do not fit.
    """
    if params.weights == "none":
        return []
    if params.weights != "default":
        return transplant(network, _stored(params), card.interface.classes)
    remarks = transplant(network, _default(params, card), card.interface.classes)
    return [*remarks, *expected_input.remarks(card, expected_input.of_architecture(card.network))]


def normalized(card: Card, params: Pretrained) -> Card:
    """Return the card with mean and std of the weights, where its images leave them to these.

    Raises:
        UserError: they have none, or their file cannot be read.
    """
    if not card.interface.is_open:
        return card
    stored = None if params.weights in {"none", "default"} else _stored(params).expected
    return expected_input.closed(card, stored)


def published_weights(architecture: str) -> StateDict:
    """Return the weights that torchvision publishes for an architecture, their checksum verified.

    Raises:
        UserError: there are none, they cannot be fetched, or the cached file is damaged.
    """
    from torchvision import models  # noqa: PLC0415  # takes seconds

    choice = models.get_model_weights(architecture).DEFAULT
    path = Path(hub.get_dir(), "checkpoints", choice.url.rpartition("/")[2])
    _verify(path)
    try:
        # Through a network, which maps the former names of its weights.
        network = models.get_model(architecture, weights=choice, progress=sys.stderr.isatty())
    except Exception as error:  # of the network, or of the file
        if lacking(error):
            raise
        reason = first_line(error)
        raise UserError(
            f"params.yaml: train.weights default: {choice.url} cannot be fetched ({reason}); "
            f"fetch it by hand and store it as {path}, or set train.weights to none"
        ) from error
    state: dict[str, Tensor] = network.state_dict()
    kept = {name: state[name] for name in state if not name.startswith(AUXILIARY)}
    return StateDict(choice.url, kept, None)


def _default(params: Pretrained, card: Card) -> StateDict:
    library, architecture = card.network.network, card.network.architecture
    if library == "timm":
        pinned = params.weights_revision, params.weights_sha256
        return timm_weights.published_weights(architecture, card.interface, SOURCE, pinned)
    if library != "torchvision":
        raise UserError(
            "params.yaml: train.weights default is for train.network torchvision or timm, which is "
            f"{library}; set train.weights to none"
        )
    if params.weights_revision is not None:
        raise UserError(
            "params.yaml: train.weights_revision is for train.network timm, which is torchvision; "
            "set it and train.weights_sha256 to null"
        )
    return published_weights(architecture)


def _stored(params: Pretrained) -> StateDict:
    place, shown = params.weights, address.public(params.weights)
    if _inside(place, classifier.PATH):
        raise UserError(
            f"params.yaml: train.weights is {shown}, which this stage overwrites; "
            f"copy it to {SOURCE}/ and name the copy"
        )
    data = state_dict.fetch(place)
    found, expected = sha256(data).hexdigest(), params.weights_sha256
    if expected is None and not _inside(place, SOURCE):
        raise UserError(
            f"params.yaml: train.weights is {shown}, where it can change unnoticed; put it in "
            f"{SOURCE}/ and name it there, or set train.weights_sha256 to {found}"
        )
    if expected is not None and found != expected.lower():
        raise UserError(
            f"{shown}: its sha256 is {found}, train.weights_sha256 is {expected.lower()}; "
            "provide the right file, or correct the parameter"
        )
    return state_dict.parse(data, shown)


def _inside(place: str, folder: Path) -> bool:
    """Return whether a path leads into the folder, by its name: what DVC tracks may be a link."""
    path = Path(os.path.normpath(Path.cwd() / place))
    return "://" not in place and path.is_relative_to(Path.cwd() / folder)


def _verify(path: Path) -> None:
    """Check a cached file against the checksum in its name; torch checks new downloads only.

    Raises:
        UserError: it is damaged.
    """
    if path.is_file() and (expected := NAME.search(path.name)):
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
        if not found.startswith(expected[1]):
            raise UserError(
                f"{path}: its sha256 is {found}, expected {expected[1]}...; "
                "delete it, and run the stage again to download it"
            )
