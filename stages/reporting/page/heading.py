"""Heading and parameters of the page."""

from stages.applicable import applicable, called
from stages.artifacts.classifier import Card


def network_name(card: Card) -> str:
    """Return the name of the network, or of the architecture of a library."""
    return called(card.network.model_dump(mode="json"))


def effective(card: Card) -> dict[str, dict[str, object]]:
    """Return the parameters that have an effect, in two sections."""
    network = card.network.model_dump(mode="json")
    kept = applicable(network | card.training)
    return {
        "network": {name: kept[name] for name in network if name in kept},
        "training": {name: value for name, value in kept.items() if name not in network},
    }
