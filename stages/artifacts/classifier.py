"""Artifact `models/classifier.safetensors`: a trained network, and all that is needed to use it.

Nothing is unpickled. The metadata has ONE key of JSON: the order of several would vary.
"""

from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue, PositiveFloat
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from stages import files
from stages.nets import network
from stages.nets.interface import Interface, flaws
from stages.nets.layers import Normalize
from stages.nets.network import Network
from stages.params import Params

PATH = Path("models/classifier.safetensors")
KEY = "classifier"


class Card(Params):
    """The architecture, input, classes, calibration and training of a network."""

    network: Network
    interface: Interface
    temperature: PositiveFloat  # by which logits are divided for calibrated probabilities
    calibration: str = "unknown"  # whether it was fitted, or why not; older files lack it
    training: dict[str, JsonValue]  # the parameters of the training


class Classifier(NamedTuple):
    """A network with its card."""

    card: Card
    network: nn.Module  # normalised float [B, C, H, W] -> logits [B, K]

    def whole(self) -> nn.Module:
        """Return the network behind its normalisation: uint8 [B, H, W, C] -> logits [B, K]."""
        interface = self.card.interface
        return nn.Sequential(Normalize(interface.mean, interface.std), self.network)


def build(card: Card) -> Classifier:
    """Return the classifier of a card, with random weights."""
    return Classifier(card, network.build(card.network, card.interface))


def write(classifier: Classifier, path: Path = PATH) -> None:
    """Write the weights from the CPU, and the card as metadata."""
    state = classifier.network.state_dict()
    weights = {name: weight.cpu().contiguous() for name, weight in state.items()}
    with files.replacing(path) as partial:
        save_file(weights, partial, {KEY: classifier.card.model_dump_json()})


def remove(path: Path = PATH) -> None:
    """Delete the classifier of an earlier training."""
    files.remove(path)


def read(path: Path = PATH) -> Classifier:
    """Rebuild the classifier on the CPU, in evaluation mode.

    Raises:
        UserError: the file is missing, damaged, or of another architecture.
    """
    with files.reading(path, "train"):
        try:
            with safe_open(path, framework="pt") as file:
                card = Card.model_validate_json((file.metadata() or {})[KEY])
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(error) from error
        if flaw := flaws(card.interface):
            raise ValueError(flaw)
        for name, weight in weights.items():
            if weight.is_floating_point() and not weight.isfinite().all():
                raise ValueError(f"{name} holds what is no finite number")
        classifier = build(card)
        classifier.network.load_state_dict(weights)
    classifier.network.eval()
    return classifier
