"""From a state dict into a network of the same layers, for other classes or channels perhaps."""

from collections.abc import Iterator, Mapping
from itertools import islice

from torch import Tensor, nn

from stages.errors import UserError
from stages.nets.head import head
from stages.nets.stem import convolutions, rechannel
from stages.training.state_dict import StateDict

NAMED = 10  # layers in a message
COUNT = "num_batches_tracked"  # of batch norms; files from before 2018 have none


def transplant(network: nn.Module, found: StateDict, classes: tuple[str, ...]) -> list[str]:
    """Copy the weights into the network for these classes; return what was not taken as it is.

    Raises:
        UserError: layers other than the head have other names or shapes.
    """
    own = network.state_dict()
    counts = {name: own[name] for name in own if name.endswith(COUNT)}
    stem = _stem(network, found.weights)
    fresh = _head(network, found, classes)
    weights = counts | dict(found.weights) | stem | fresh
    if lines := list(_differences(own, weights)):
        more = [f"and {len(lines) - NAMED} more"] if len(lines) > NAMED else []
        layers = "".join(f"\n  {line}" for line in lines[:NAMED] + more)
        raise UserError(
            f"{found.place}: does not fit the network of params.yaml; set train.network, its "
            "parameters and preprocess.image_size as they were for these weights, or give others:"
            f"{layers}"
        )
    network.load_state_dict(weights)
    return [
        *(f"{name}: the filters of all channels were summed for those at hand" for name in stem),
        *(f"{name}: fresh, since {found.place} has none for these classes" for name in fresh),
    ]


def _stem(network: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the filters of the first convolution by name, if only their channels do not fit."""
    for name, layer in islice(convolutions(network), 1):
        wanted, filters = layer.weight, weights.get(f"{name}.weight")
        if filters is not None and filters.ndim == 4 and filters.shape != wanted.shape:
            fitted = rechannel(filters, wanted.shape[1])
            return {f"{name}.weight": fitted} if fitted.shape == wanted.shape else {}
    return {}


def _head(network: nn.Module, found: StateDict, classes: tuple[str, ...]) -> dict[str, Tensor]:
    """Return the network's own head by name, if the one found is for other classes, or absent."""
    last = {id(weight) for weight in head(network).parameters()}
    own = {
        name: weight.detach() for name, weight in network.named_parameters() if id(weight) in last
    }
    theirs = {name: found.weights[name].shape for name in own if name in found.weights}
    same = theirs == {name: weight.shape for name, weight in own.items()}
    return {} if same and found.classes in {None, classes} else own


def _differences(own: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a line for every layer that is in one only, or has two shapes."""
    for name in {**own, **found}:
        wanted, given = (
            str([*side[name].shape]) if name in side else "missing" for side in (own, found)
        )
        if wanted != given:
            yield f"{name}: {given} there, {wanted} in the network"
