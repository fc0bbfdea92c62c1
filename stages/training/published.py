"""The weights that torchvision publishes, from torch's cache or else the network."""

import re
import sys
from hashlib import file_digest
from pathlib import Path

from torch import Tensor, hub

from reprise.shortage import lacking
from stages.errors import UserError
from stages.training.state_dict import StateDict

NAME = re.compile(r"-([0-9a-f]{8,})\.\w+$")  # a published file bears the start of its sha256
AUXILIARY = "AuxLogits."  # Inception's second head, which only its own training needs


def weights(architecture: str) -> StateDict:
    """Return the best weights published for an architecture; their checksum is confirmed.

    Raises:
        UserError: there are none, they cannot be fetched, or the cached file is damaged.
    """
    from torchvision import models  # noqa: PLC0415  # takes seconds

    choice = models.get_model_weights(architecture).DEFAULT
    path = Path(hub.get_dir(), "checkpoints", choice.url.rpartition("/")[2])
    _verify(path)
    try:
        # By way of a network, which knows the names that its weights had in former times.
        network = models.get_model(architecture, weights=choice, progress=sys.stderr.isatty())
    except Exception as error:  # of the network, or of the file
        if lacking(error):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"params.yaml: train.weights default: {choice.url} cannot be fetched ({reason}); "
            f"fetch it by hand and store it as {path}, or set train.weights to none"
        ) from error
    state: dict[str, Tensor] = network.state_dict()
    kept = {name: state[name] for name in state if not name.startswith(AUXILIARY)}
    return StateDict(choice.url, kept, None)


def _verify(path: Path) -> None:
    """Hold a file that is in the cache already against its name; torch does so for new ones only.

    Raises:
        UserError: it is damaged.
    """
    if path.is_file() and (expected := NAME.search(path.name)):
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
        if not found.startswith(expected[1]):
            raise UserError(
                f"{path}: its sha256 is {found}, expected {expected[1]}...; "
                "delete it, and it is fetched anew"
            )
