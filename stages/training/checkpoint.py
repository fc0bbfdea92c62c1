"""Checkpoints of an unfinished training: a killed run goes on from the last one."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import files, locks
from stages.artifacts.splits import Split
from stages.params import Params
from stages.stored import blocks
from stages.training.recomputation import Recomputation
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.tensorboard.log import Board

FOLDER = Path(".dvc/tmp/resume")
PACKAGES = ("stages.", "reprise.")  # whose code decides what comes out
DIGEST = sha256().digest_size  # bytes
CHUNK = 2**20  # bytes read at once


class Resume(Params):
    """Parameters of checkpoints; they do not change the result."""

    resume: bool = Field(description="save checkpoints, and resume a killed training from the last")
    save_steps: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        description="save one after so many steps of an epoch, too; null: after epochs"
    )


IRRELEVANT = {
    *Resume.model_fields,
    *Recomputation.model_fields,
    *Board.model_fields,
}  # to the result


class CheckpointStore:
    """The checkpoint file of one run; without `resume`, there is none."""

    def __init__(self, params: Resume, key: str) -> None:
        """Take the key of the run; a run of another key never reads this file."""
        self.key = key
        # In `dvc exp run --temp` the stage runs in a folder that is deleted; this is the original.
        self.path = Path(os.environ.get("DVC_ROOT", ".")) / FOLDER / f"{key}.pt"
        self._on = params.resume

    def load(self, learner: Learner) -> None:
        """Restore the learner of a killed run; without a sound checkpoint, leave it as it is."""
        if not (self._on and os.path.lexists(self.path)):
            return
        before = deepcopy(learner.state_dict())
        try:
            with self.path.open("rb") as file:
                verify(file, self.path.stem)
                learner.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        except Exception as error:
            learner.load_state_dict(before)
            if lacking(error):
                raise
            # A power failure, or a failing disk, leaves anything.
            reason = first_line(error)
            print(f"{self.path}: cannot be read ({reason}), so training starts from the beginning")
        else:
            epochs, steps = len(learner.history), learner.tally.steps
            print(f"training goes on where it was stopped: after epoch {epochs}, step {steps}")

    def save(self, learner: Learner) -> None:
        """Save a checkpoint; killed at any moment, this leaves the one before or the new one."""
        if not self._on:
            return
        # Two experiments may be the same run, and would write the same partial file.
        with (
            locks.alone(self.path),
            files.replacing(self.path) as partial,
            partial.open("w+b") as file,
        ):
            torch.save(learner.state_dict(), file)
            seal(file, self.path.stem)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Say on Ctrl-C what becomes of the training within the block."""
        try:
            yield
        except KeyboardInterrupt as error:
            kept = self._on and self.path.exists()
            later = "goes on where it was last kept" if kept else "starts it anew"
            raise KeyboardInterrupt(f"training stopped; `dvc repro` {later}") from error

    def remove(self) -> None:
        """Delete the checkpoint, once the results are written."""
        files.remove(self.path)


def resume(step: Step, params: Resume, parts: Sequence[Split]) -> CheckpointStore:
    """Restore the learner from the checkpoint of this run, if any; return where others go."""
    device = next(step.whole.parameters()).device
    store = CheckpointStore(params, key(params, step.whole, parts, device))
    store.load(step.learner)
    return store


def key(params: Params, whole: nn.Module, data: Iterable[Split], device: torch.device) -> str:
    """Return a digest of all that determines a run: parameters, weights, images, code, versions.

    `whole` maps pixels to logits: how it normalises them counts, and where its weights came from
    does not.
    """
    digest = sha256(params.model_dump_json(exclude=IRRELEVANT).encode())
    for weight in whole.state_dict().values():
        digest.update(weight.cpu().flatten().view(torch.uint8).numpy())
    for array in chain.from_iterable(data):
        digest.update(str(array.shape).encode())
        for block in blocks(array):
            digest.update(block.data)
    for path in _code():
        digest.update(path.read_bytes())
    digest.update(f"{torch.__version__} {np.__version__} {_hardware(device)}".encode())
    return digest.hexdigest()[:16]


def seal(file: IO[bytes], name: str) -> None:
    """Append to a file the digest of a name and of all its bytes."""
    file.write(_digest(file, file.seek(0, os.SEEK_END), name))


def verify(file: IO[bytes], name: str) -> None:
    """Check the digest at the end of a file; seek to its start.

    Raises:
        ValueError: it was sealed under another name, or holds other bytes now.
    """
    size = max(0, file.seek(0, os.SEEK_END) - DIGEST)
    if _digest(file, size, name) != file.read():
        raise ValueError("its bytes are not those that were written")
    file.seek(0)


def _code() -> Iterator[Path]:
    """Yield the files of this project that are loaded, in order."""
    for name in sorted(sys.modules):
        # `python -m stages.train` loads that one under another name.
        path = getattr(sys.modules[name], "__file__", None)
        if path and (name == "__main__" or name.startswith(PACKAGES)):
            yield Path(path)


def _hardware(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} {torch.backends.cpu.get_cpu_capability()}"


def _digest(file: IO[bytes], size: int, name: str) -> bytes:
    """Return the digest of a name and of the first `size` bytes; leave the file behind them."""
    digest, left = sha256(f"{name}\n".encode()), size
    file.seek(0)
    while left and (chunk := file.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    file.seek(size)
    return digest.digest()
