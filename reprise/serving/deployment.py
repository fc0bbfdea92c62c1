"""A model as it is served: with its name, its version, and how it may be run."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from reprise import model
from reprise.escaping import printable
from reprise.model import Model, ModelError
from reprise.signature import DIGITS

PROBES = 4  # images of noise that a new model is tried with
CLOSE = 1e-4  # probabilities that differ by less are equal, but for rounding


class Deployed(NamedTuple):
    """A model with which requests are answered."""

    name: str
    version: str  # the first letters of the SHA-256 of its file
    model: Model
    alone: bool  # what else is in a batch changes its answers


@runtime_checkable
class ModelSource(Protocol):
    """Where a model comes from: a file, or what else may give another one later."""

    def seen(self) -> object | None:
        """Return what differs when there is another model; None when there is none."""

    def load(self) -> Deployed:
        """Load and try the model; raises ModelError where it cannot be used."""


class ModelFile(NamedTuple):
    """A file that stage `export` writes, again and again."""

    path: Path
    name: str
    threads: int

    def seen(self) -> tuple[int, int, int] | None:
        """Return time, size and number of the file; None while it is missing."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - follows the links that DVC may make
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def load(self) -> Deployed:
        """Load and try the model.

        Raises:
            ModelError: it cannot be used, or was changed meanwhile.
        """
        if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
            name = printable(str(self.path))  # reading a pipe or a device may never end
            raise ModelError(f"{name}: is no file; {model.remedy()}")
        before = self.version()
        loaded = model.load(self.path, self.threads)
        if self.version() != before:
            raise ModelError(f"{printable(str(self.path))}: is being written; wait for its end")
        return Deployed(self.name, before, loaded, _alone(loaded))

    def version(self) -> str:
        """Return the version by the content of the file; empty where it cannot be read."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
        except OSError:
            return ""


def _alone(loaded: Model) -> bool:
    """Run images alone and in a batch; return whether that makes a difference.

    It does where the range of a batch is measured (dynamic quantization): the answer to one client
    would depend on what another one has sent.
    """
    spec = loaded.metadata.spec
    size = (PROBES, spec.height, spec.width, spec.channels)
    noise = np.random.default_rng(0).integers(0, 64, size, np.uint8)
    noise[-1] = 255
    together = loaded.answers(noise).probabilities
    single = [loaded.answers(noise[at : at + 1]).probabilities for at in range(PROBES)]
    return bool(np.abs(together - np.concatenate(single)).max() > CLOSE)
