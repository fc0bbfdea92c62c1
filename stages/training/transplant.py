"""Load a state dict into a network of the same layers; classes and channels may differ."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor, nn, strided

from reprise.escaping import printable
from stages.errors import UserError
from stages.nets.introspection import convolutions, head, rechannel
from stages.training.efficientnet_names import renamed
from stages.training.state_dict import StateDict
from stages.training.weight_names import (
    describe_mismatch,
    differences,
    prefixes,
    sample,
    unwrapped,
    without,
)

COUNT = "num_batches_tracked"  # of batch norms; files from before 2018 have none


class Fitted(NamedTuple):
    """Weights that fit a network, the prefix that their names had, and remarks for the log."""

    weights: Mapping[str, Tensor]
    prefix: str
    remarks: list[str]


def transplant(network: nn.Module, found: StateDict, classes: tuple[str, ...]) -> list[str]:
    """Load the weights into the network for these classes; return remarks on what was adapted.

    Raises:
        UserError: layers other than the head have other names or shapes.
    """
    found = found._replace(weights=renamed(network.state_dict(), found.weights))
    fitting = [*islice(_fitting(network, found, classes), 2)]
    if not fitting:
        own, (stem, fresh) = network.state_dict(), _replaced(network, found, classes)
        lines = describe_mismatch(own, found.weights, _completed(own, found.weights) | stem | fresh)
        raise UserError(
            f"{found.place}: does not fit the network of params.yaml; set train.network, its "
            "parameters and preprocess.image_size as they were for these weights, or give others:"
            + "".join(f"\n  {line}" for line in lines)
        )
    if len(fitting) > 1:
        names = " and behind ".join(printable(fitted.prefix) for fitted in fitting)
        raise UserError(
            f"{found.place}: has weights of this network behind {names}, and it is not clear which "
            "to load; store one of them alone with torch.save"
        )
    _require_sound(found.place, fitting[0].weights, network)
    network.load_state_dict(fitting[0].weights)
    return fitting[0].remarks


def _require_sound(place: str, weights: Mapping[str, Tensor], network: nn.Module) -> None:
    """Refuse weights that are no floats, or not finite.

    Raises:
        UserError: there are such.
    """
    for name, own in network.state_dict().items():
        given = weights.get(name)
        if given is None or not own.is_floating_point():
            continue
        if not given.is_floating_point() or given.layout != strided or given.is_meta:
            held = f"{given.dtype} {given.layout}".replace("torch.", "")
            raise UserError(
                f"{place}: {printable(name)} holds {held}, expected are floats; "
                "store the weights as floats with torch.save"
            )
        if not given.to(own.dtype).isfinite().all():
            raise UserError(
                f"{place}: {printable(name)} holds values that are not finite, or too large for "
                "fp32; take a file of a training that did not diverge"
            )


def _fitting(network: nn.Module, found: StateDict, classes: tuple[str, ...]) -> Iterator[Fitted]:
    """Yield the weights as they are, if they fit; else those behind every prefix that fit."""
    own, plain = network.state_dict(), unwrapped(found.weights)
    for weights in (found.weights, plain) if plain.keys() != found.weights.keys() else (plain,):
        fits = False
        for prefix in ["", *prefixes(own, weights)]:
            read = found._replace(weights=without(prefix, weights))
            stem, fresh = _replaced(network, read, classes)
            taken = _completed(own, read.weights) | stem | fresh
            if not any(differences(own, taken)):
                fits = True
                names = _name_remarks(found, weights, prefix)
                remarks = [*names, *_layer_remarks(found, stem, fresh)]
                yield Fitted(taken, prefix, remarks)
                if not prefix:
                    return
        if fits:
            return


def _name_remarks(found: StateDict, weights: Mapping[str, Tensor], prefix: str) -> Iterator[str]:
    """Say what was stripped from the names, and which weights were left."""
    if weights.keys() != found.weights.keys():
        yield f"{found.place}: marks of wrappers (_orig_mod., module.) were taken off its names"
    if prefix:
        yield f"{found.place}: the prefix {printable(prefix)} was taken off its names"
    if beside := [name for name in weights if not name.startswith(prefix)]:
        yield f"{found.place}: not taken, as the network has no such thing: {sample(beside)}"


def _replaced(
    network: nn.Module, found: StateDict, classes: tuple[str, ...]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return replacements of the first filters and of the head, where those found do not fit."""
    return _stem(network, found.weights), _head(network, found, classes)


def _completed(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights with the network's own counts of batches, which have no effect."""
    counts = {name: own[name] for name in own if name.endswith(COUNT)}
    kept = {name: w for name, w in weights.items() if name in own or not name.endswith(COUNT)}
    return counts | kept


def _layer_remarks(
    found: StateDict, stem: Mapping[str, Tensor], fresh: Mapping[str, Tensor]
) -> Iterator[str]:
    for name in stem:
        yield f"{name}: the filters of all channels were summed for those at hand"
    for name, weight in fresh.items():
        begins = "fresh" if weight.any() else "begins at 0"
        yield f"{name}: {begins}, since {found.place} has none for these classes"


def _stem(network: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the filters of the first convolution by name, if only their channels do not fit."""
    for name, layer in islice(convolutions(network), 1):
        wanted, filters = layer.weight, weights.get(f"{name}.weight")
        if filters is not None and filters.ndim == 4 and filters.shape != wanted.shape:
            fitted = rechannel(filters, wanted.shape[1])
            return {f"{name}.weight": fitted} if fitted.shape == wanted.shape else {}
    return {}


def _head(network: nn.Module, found: StateDict, classes: tuple[str, ...]) -> dict[str, Tensor]:
    """Return a new head by name, if the one found is for other classes, or absent.

    A linear one begins at 0, as in Big Transfer (Kolesnikov et al. 2020, arXiv 1912.11370): where
    an architecture draws large random weights, a short training of the head does not outweigh them.
    """
    layer = head(network)
    last = {id(weight) for weight in layer.parameters()}
    own = {
        name: weight.detach() for name, weight in network.named_parameters() if id(weight) in last
    }
    theirs = {name: found.weights[name].shape for name in own if name in found.weights}
    same = theirs == {name: weight.shape for name, weight in own.items()}
    if same and found.classes in {None, classes}:
        return {}
    # What others pass on to an activation would never learn from there.
    linear = isinstance(layer, nn.Linear)
    return {name: torch.zeros_like(own[name]) for name in own} if linear else own
