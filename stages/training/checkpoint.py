"""Checkpoints of an unfinished training: a killed run goes on from the last one."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import files, locks, processor
from stages.artifacts.parts import PartedImages
from stages.artifacts.splits import Split
from stages.params import Params
from stages.processes import is_first_here
from stages.stored import blocks
from stages.training.recomputation import Recomputation
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.tensorboard.log import Board
from stages.training.tracking.tracker import Tracking
from stages.world import World

FOLDER = Path(".dvc/tmp/resume")
PACKAGES = ("stages.", "reprise.")  # whose code decides what comes out
SHORT = 12  # characters of a value that is shown
DIGEST = sha256().digest_size  # bytes
CHUNK = 2**20  # bytes read at once
READING = timedelta(hours=12)  # that other processes wait for one that reads all images
SAME_PARAMETERS = "take the same commit and the same parameters on all machines"
REMEDIES = {  # where processes that train together differ
    "data/splits": "run `dvc pull data/splits`, or the stages before, on all machines",
    "weights": "take the same file of train.weights, and the same libraries, on all machines",
    "code": "take the same commit on all machines",
    "versions": "install what constraints.txt says on all machines",
    "hardware": "take machines of one kind, as each kind rounds differently",
}


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
    *Tracking.model_fields,
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
            raise KeyboardInterrupt(f"training stopped; the next run {later}") from error

    def remove(self) -> None:
        """Delete the checkpoint, once the results are written."""
        files.remove(self.path)


def resume(step: Step, params: Resume, parts: Sequence[Split]) -> CheckpointStore:
    """Restore the learner from the checkpoint of this run, if any; return where others go.

    Of several processes, all go on from the checkpoint that is furthest.

    Raises:
        UserError: the processes differ in what determines the run.
    """
    world = step.world
    # The processes of a machine have the same files: one reads them for all.
    digests = fingerprint(params, step.whole, parts if is_first_here() else (), world.device)
    world.wait_for_all("fingerprint", READING)
    remedies = {name: REMEDIES.get(name, SAME_PARAMETERS) for name in digests}
    store = CheckpointStore(params, key(world.require_same(digests, remedies)))
    store.load(step.learner)
    _go_on_together(step.learner, world)
    return store


def _go_on_together(learner: Learner, world: World) -> None:
    """Restore in all processes what the one has that is furthest."""
    places = world.gather_objects((len(learner.history), learner.tally.steps))
    furthest = places.index(max(places))
    if len({*places}) == 1:
        return
    file = BytesIO()
    if world.rank == furthest:
        torch.save(learner.state_dict(), file)
    state = BytesIO(world.broadcast_object(file.getvalue(), furthest))
    if world.rank != furthest:
        learner.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))


def key(digests: Mapping[str, str]) -> str:
    """Return the name of a run: one digest of all that determines it."""
    return sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]


def fingerprint(
    params: Params, whole: nn.Module, data: Iterable[Split], device: torch.device
) -> dict[str, str]:
    """Return digests of all that determines a run, by what they are of.

    `whole` maps pixels to logits: how it normalises them counts, and where its weights came from
    does not.
    """
    weights, images, code = sha256(), sha256(), sha256()
    for weight in whole.state_dict().values():
        weights.update(weight.cpu().flatten().view(torch.uint8).numpy())
    arrays = [*chain.from_iterable(data)]
    for array in arrays:
        images.update(str(array.shape).encode())
        for block in array.chunks() if isinstance(array, PartedImages) else blocks(array):
            images.update(np.ascontiguousarray(block).data)
    for path in _code():
        code.update(path.read_bytes())
    return {
        **_parameters(params),
        "data/splits": images.hexdigest() if arrays else "",
        "weights": weights.hexdigest(),
        "code": code.hexdigest(),
        "versions": f"torch {torch.__version__}, numpy {np.__version__}",
        "hardware": _hardware(device),
    }


def _parameters(params: Params) -> dict[str, str]:
    """Return short values as they are, and of others the digests: an address may hold a secret."""
    section = type(params).__name__.lower()
    values = params.model_dump(mode="json", exclude=IRRELEVANT)
    texts = {f"{section}.{name}": json.dumps(value) for name, value in values.items()}
    return {
        name: text
        if len(text) <= SHORT and "://" not in text
        else sha256(text.encode()).hexdigest()
        for name, text in texts.items()
    }


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
    kernels = processor.kernels(torch.backends.cpu.get_cpu_capability())
    # Others than the portable ones are chosen by vendor, too.
    chosen = kernels if kernels == "portable" else f"{kernels} {processor.model()}"
    return f"{device.type} {chosen}"


def _digest(file: IO[bytes], size: int, name: str) -> bytes:
    """Return the digest of a name and of the first `size` bytes; leave the file behind them."""
    digest, left = sha256(f"{name}\n".encode()), size
    file.seek(0)
    while left and (chunk := file.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    file.seek(size)
    return digest.digest()
