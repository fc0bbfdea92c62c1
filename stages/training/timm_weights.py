"""Weights that timm publishes: of the Hugging Face hub at one commit, or a copy in a folder."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import hub
from stages.errors import UserError
from stages.nets import timm_models
from stages.nets.interface import Interface
from stages.training import state_dict
from stages.training.state_dict import StateDict

if TYPE_CHECKING:
    from timm.models import PretrainedCfg

FILE = "model.safetensors"  # of every repository of timm
ASKED = "train.weights default"


def published_weights(
    architecture: str, interface: Interface, folder: Path, pinned: tuple[str | None, str | None]
) -> StateDict:
    """Return the weights of an architecture, fitted to the size of the images.

    They are in the folder under the name of their repository, else on the hub; `pinned` are the
    revision there, and the checksum.

    Raises:
        UserError: there are none, they cannot be fetched, are not pinned, or are others.
    """
    repository = str(_config(architecture).hf_hub_id)
    copy = folder / f"{repository.rpartition('/')[2]}.safetensors"
    data = copy.read_bytes() if copy.is_file() else _fetched(repository, copy, pinned)
    if pinned[1] and (found := sha256(data).hexdigest()) != pinned[1].lower():
        raise UserError(
            f"{repository}: the sha256 of its weights is {found}, train.weights_sha256 is "
            f"{pinned[1].lower()}; provide the right file, or correct the parameter"
        )
    place = str(copy) if copy.is_file() else f"{repository}/{FILE}"
    read = state_dict.parse(data, place)
    return StateDict(place, _fitted(architecture, interface, read), None)


def remarks(architecture: str, interface: Interface) -> Iterator[str]:
    """Say what the weights were trained on, where the images at hand are otherwise."""
    config = _config(architecture)
    wanted = {"mean": (config.mean, interface.mean), "std": (config.std, interface.std)}
    for name, (theirs, ours) in wanted.items():
        if len(ours) == len(theirs) and not np.allclose(ours, theirs, atol=0.001):
            yield (
                f"{architecture}: its weights expect a {name} of {_listed(theirs)}, images have "
                f"{_listed(ours)}; preprocess.normalize decides"
            )


def _listed(moments: Iterable[float]) -> str:
    return ", ".join(f"{moment:.3g}" for moment in moments)


def _config(architecture: str) -> "PretrainedCfg":
    """Return what timm knows of the weights of an architecture.

    Raises:
        UserError: it has no such architecture, or no weights of it.
    """
    import timm  # noqa: PLC0415  # takes seconds

    timm_models.require_known(architecture)
    config = timm.get_pretrained_cfg(architecture)
    if config is None or not config.hf_hub_id:
        raise UserError(
            f"params.yaml: {ASKED}: timm publishes no weights for train.architecture "
            f"{architecture} on the hub; set train.weights to none, or choose another"
        )
    return config


def _fetched(repository: str, copy: Path, pinned: tuple[str | None, str | None]) -> bytes:
    """Return the file of the hub at the commit; without one, name that which is the newest."""
    revision, checksum = pinned
    try:
        file = hub.fetch(repository, FILE, revision, ASKED)
    except UserError as error:
        raise UserError(f"{error}; or store its {FILE} as {copy}") from error
    data = file.path.read_bytes()
    if revision != file.commit or checksum is None:
        raise UserError(
            f"params.yaml: {ASKED}: {repository} can change unnoticed; set train.weights_revision "
            f"to {file.commit} and train.weights_sha256 to {sha256(data).hexdigest()}"
        )
    return data


def _fitted(architecture: str, interface: Interface, read: StateDict) -> Mapping[str, Tensor]:
    """Return the weights as timm's network of this size has them: positions are interpolated."""
    config = _config(architecture)
    options: dict[str, Any] = {
        "pretrained": True,
        "pretrained_cfg_overlay": {"state_dict": dict(read.weights)},
        "num_classes": config.num_classes,
        "in_chans": config.input_size[0],
    }
    try:
        network, _ = timm_models.create(architecture, (interface.height, interface.width), options)
    except Exception as error:  # of the weights: names, shapes
        if lacking(error):
            raise
        raise UserError(
            f"{read.place}: does not fit train.architecture {architecture} "
            f"({first_line(error)}); give the file that timm publishes for it"
        ) from error
    weights: dict[str, Tensor] = network.state_dict()
    return weights
