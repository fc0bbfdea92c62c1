"""Read a state dict from a file or an address; only tensors are unpickled."""

import json
from collections.abc import Mapping
from io import BytesIO
from math import isfinite
from typing import Any, NamedTuple

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import address, mistakes
from stages.artifacts.classifier import KEY
from stages.errors import UserError
from stages.training.expected_input import Expected

# Keys under which training scripts save the weights, beside optimizers and much else.
NESTS = ("state_dict", "model_state_dict", "model", "network", "net", "module")
AVERAGES = ("model_ema", "state_dict_ema", "ema_state_dict", "ema_model", "ema")


class StateDict(NamedTuple):
    """Weights by name, and where they come from."""

    place: str  # path or address of the file, for messages
    weights: Mapping[str, Tensor]
    classes: tuple[str, ...] | None  # of the head, if the file is a classifier of this project
    expected: Expected | None = None  # of its images, likewise


def fetch(place: str) -> bytes:
    """Return the bytes at a path, or at an address of any kind that fsspec knows.

    Raises:
        UserError: it cannot be read.
    """
    import fsspec  # noqa: PLC0415  # and its http client: slow to import
    from aiohttp import ClientTimeout  # noqa: PLC0415

    patience = ClientTimeout(total=None, sock_connect=30, sock_read=60)  # seconds
    web = {"client_kwargs": {"timeout": patience, "trust_env": True}}  # a named proxy is used
    options = web if place.startswith(("http://", "https://")) else {}
    try:
        system, path = fsspec.url_to_fs(place, skip_instance_cache=True, **options)
        data: bytes = system.cat_file(path)
    except Exception as error:  # every file system has errors of its own
        if lacking(error):
            raise
        reason = address.scrubbed(f"{type(error).__name__}: {first_line(error)}", place)
        found = (
            "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({reason})"
        )
        named = f"{address.public(place)}: {found}; correct train.weights, or"
        if "://" in place:
            raise UserError(f"{named} fetch the file by hand and give its path") from None
        raise UserError(
            f"{named} put the file there: `dvc pull` where a colleague's commit has it, and "
            "docs/data.md says where to get that of a recipe"
        ) from None  # whose text may hold a password
    return data


def parse(data: bytes, place: str) -> StateDict:
    """Return the tensors of a safetensors file or of one that torch.save wrote.

    Raises:
        UserError: it is damaged, or holds something else than tensors.
    """
    try:
        if data[8:9] == b"{":  # behind the length of its header: safetensors
            weights, interface = _tensors(load_safetensors(data), place), _interface(data)
            return StateDict(place, weights, _classes(interface), _expected(interface))
        content = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except UserError:
        raise
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        if lacking(error):
            raise
        raise UserError(
            f"{place}: is damaged, or holds Python objects, which are not loaded because they may "
            "run code; store the weights alone: torch.save(network.state_dict(), path)"
        ) from error
    return StateDict(place, _tensors(content, place), None)


def _interface(data: bytes) -> Mapping[str, Any]:
    """Return the interface in the metadata of a classifier of this project; of others, nothing."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    try:  # not as a Card: an earlier version's may lack what a card has today
        found = json.loads(header["__metadata__"][KEY])["interface"]
    except (KeyError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _classes(interface: Mapping[str, Any]) -> tuple[str, ...] | None:
    try:
        return (*interface["classes"],)
    except (KeyError, TypeError):
        return None


def _expected(interface: Mapping[str, Any]) -> Expected | None:
    try:
        mean, std = ((*map(float, interface[name]),) for name in ("mean", "std"))
    except (KeyError, TypeError, ValueError):
        return None
    sound = len(mean) == len(std) > 0 and all(map(isfinite, mean)) and min(std) > 0
    return Expected(mean, std) if sound and all(map(isfinite, std)) else None


def _tensors(content: object, place: str) -> dict[str, Tensor]:
    """Return the weights in a checkpoint; their average only where it holds nothing else."""
    for nest in (*NESTS, *AVERAGES):
        if isinstance(content, dict) and isinstance(content.get(nest), dict):
            content = content[nest]
    if not isinstance(content, dict) or not content:
        raise UserError(f"{place}: must hold a state dict, holds {type(content).__name__}")
    for name, value in content.items():
        if not isinstance(value, Tensor):
            raise UserError(
                f"{place}: must hold tensors by name, holds {type(value).__name__} at "
                f"{mistakes.short(str(name))}; "
                "store the weights alone: torch.save(network.state_dict(), path)"
            )
    return {str(name): value for name, value in content.items()}
