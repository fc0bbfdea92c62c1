"""A state dict from a file of any origin. Nothing is unpickled but tensors."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from stages.artifacts.classifier import KEY
from stages.errors import UserError

NESTS = ("state_dict", "model_state_dict", "model")  # where training scripts keep the weights
PARALLEL = "module."  # what torch.nn.DataParallel puts before every name


class StateDict(NamedTuple):
    """Weights by name, and what is known of them."""

    place: str  # what the user knows the file by
    weights: Mapping[str, Tensor]
    classes: tuple[str, ...] | None  # of the head, where a classifier of this project tells


def fetch(place: str) -> bytes:
    """Return what lies at a path, or at an address of any kind that fsspec knows.

    Raises:
        UserError: it cannot be read.
    """
    import fsspec  # noqa: PLC0415  # with what it speaks http with: only where weights are named
    from aiohttp import ClientTimeout  # noqa: PLC0415

    patience = ClientTimeout(total=None, sock_connect=30, sock_read=60)  # seconds
    web = {"client_kwargs": {"timeout": patience, "trust_env": True}}  # a named proxy is used
    options = web if place.startswith(("http://", "https://")) else {}
    try:
        system, path = fsspec.url_to_fs(place, skip_instance_cache=True, **options)
        data: bytes = system.cat_file(path)
    except Exception as error:  # every file system has errors of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{place}: cannot be read ({type(error).__name__}: {reason}); correct train.weights, "
            "or fetch the file by hand and give its path"
        ) from error
    return data


def parse(data: bytes, place: str) -> StateDict:
    """Return the tensors of a safetensors file or of one that torch.save wrote.

    Raises:
        UserError: it is damaged, or holds something else than tensors.
    """
    try:
        if data[8:9] == b"{":  # behind the length of its header: safetensors
            return StateDict(place, load_safetensors(data), _classes(data))
        content = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        raise UserError(
            f"{place}: is damaged, or holds Python objects, which are not loaded because they may "
            "run code; store the weights alone: torch.save(network.state_dict(), path)"
        ) from error
    return StateDict(place, _tensors(content, place), None)


def _classes(data: bytes) -> tuple[str, ...] | None:
    """Return the classes from the metadata of a classifier of this project."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    try:  # not as a Card: an earlier version's may lack what a card has today
        return tuple(json.loads(header["__metadata__"][KEY])["interface"]["classes"])
    except (KeyError, TypeError, ValueError):
        return None


def _tensors(content: object, place: str) -> dict[str, Tensor]:
    """Unwrap the weights of a checkpoint, and take the mark of parallel training off the names."""
    for nest in NESTS:
        if isinstance(content, dict) and isinstance(content.get(nest), dict):
            content = content[nest]
    if not isinstance(content, dict) or not content:
        raise UserError(f"{place}: must hold a state dict, holds {type(content).__name__}")
    for name, value in content.items():
        if not isinstance(value, Tensor):
            raise UserError(
                f"{place}: must hold tensors by name, holds {type(value).__name__} at {name}; "
                "store the weights alone: torch.save(network.state_dict(), path)"
            )
    parallel = all(str(name).startswith(PARALLEL) for name in content)
    return {str(name).removeprefix(PARALLEL * parallel): value for name, value in content.items()}
