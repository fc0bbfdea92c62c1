"""Weights that timm publishes: of the Hugging Face hub at one commit, or a copy in a folder."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from reprise.shortage import lacking
from stages import hub, mistakes
from stages.errors import UserError
from stages.hub import HubFile
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
    config = _config(architecture)
    repository = str(config.hf_hub_id)
    copy = folder / f"{repository.rpartition('/')[2]}.safetensors"
    if copy.is_file():
        place, data, commit = str(copy), copy.read_bytes(), None
    else:
        file = _fetched(repository, copy, pinned[0])
        place, data, commit = f"{repository}/{FILE}", file.path.read_bytes(), file.commit
    shown = repository if commit else place
    _require_pinned(shown, pinned, (commit, sha256(data).hexdigest()))
    fitted = _fitted(config, architecture, interface, state_dict.parse(data, place))
    return StateDict(place, fitted, None)


def _config(architecture: str) -> "PretrainedCfg":
    """Return what timm knows of the weights of an architecture.

    Raises:
        UserError: it has no such architecture, or no weights of it.
    """
    timm_models.require_known(architecture)
    import timm  # noqa: PLC0415  # takes seconds, and may be absent

    config = timm.get_pretrained_cfg(architecture)
    if config is None or not config.hf_hub_id:
        raise UserError(
            f"params.yaml: {ASKED}: timm publishes no weights for train.architecture "
            f"{architecture} on the hub; set train.weights to none, or choose another"
        )
    return config


def _fetched(repository: str, copy: Path, revision: str | None) -> HubFile:
    try:
        return hub.fetch(repository, FILE, revision, ASKED)
    except UserError as error:
        raise UserError(f"{error}; or store its {FILE} as {copy}") from error


def _require_pinned(
    place: str, pinned: tuple[str | None, str | None], found: tuple[str | None, str]
) -> None:
    """Refuse weights of the hub without commit and checksum, and others than those.

    A copy has no commit; that it is of the revision which is named, the checksum says.

    Raises:
        UserError: the parameters do not name them.
    """
    (revision, checksum), (commit, digest) = pinned, found
    if commit is not None and (revision != commit or checksum is None):
        raise UserError(
            f"params.yaml: {ASKED}: {place} can change unnoticed; set train.weights_revision to "
            f"{commit} and train.weights_sha256 to {digest}"
        )
    if revision is not None and checksum is None:
        raise UserError(
            f"params.yaml: train.weights_revision is {revision}, but the weights are {place}; once "
            f"you know that it is of that revision, set train.weights_sha256 to {digest}; or set "
            "both to null"
        )
    if checksum is not None and checksum.lower() != digest:
        raise UserError(
            f"{place}: the sha256 of its weights is {digest}, train.weights_sha256 is "
            f"{checksum.lower()}; provide the right file, or correct the parameter"
        )


def _fitted(
    config: "PretrainedCfg", architecture: str, interface: Interface, read: StateDict
) -> Mapping[str, Tensor]:
    """Return the weights as timm's network of this size has them: positions are interpolated."""
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
        reason = mistakes.short(" ".join(str(error).split()))
        raise UserError(
            f"{read.place}: does not fit train.architecture {architecture} ({reason}); give the "
            "file that timm publishes for it"
        ) from error
    weights: dict[str, Tensor] = network.state_dict()
    return weights
