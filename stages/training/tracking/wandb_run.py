"""A training in Weights & Biases: offline under runs/wandb, unless WANDB_MODE says otherwise.

`wandb sync runs/wandb/offline-run-*` sends it later. The project is that of WANDB_PROJECT, or
`reprise`. A training that goes on has the identity of the one that was killed.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from stages.artifacts.history import Epoch
from stages.training.tracking.told import PROJECT, Ending, Told, TrackedRun, best_scores, points

WandbClient: TypeAlias = Any  # wandb and wandb.Run, of a library imported where it is needed
WAIT = 10.0  # seconds, for a server that is to begin a run
LAST_WAIT = 60.0  # seconds, for one that is to take the rest; `wandb sync` sends what it did not
CODES: dict[Ending, int] = {"FINISHED": 0, "FAILED": 1, "KILLED": 130}  # of a shell


class WandbRun(TrackedRun):
    """A run of Weights & Biases."""

    def __init__(self, wandb: WandbClient, run: WandbClient, epochs: int) -> None:
        """Take the library, a run that has begun, and how many epochs it has."""
        self._wandb, self._run, self.epochs = wandb, run, epochs
        run.define_metric("*", step_metric="epoch")

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Add epochs, which follow those that it has."""
        for epoch in epochs:
            self._run.log({"epoch": epoch.epoch, **points(epoch)}, step=epoch.epoch)
            self.epochs = epoch.epoch

    def score(self, best: Epoch) -> None:
        """Add the scores of the epoch whose weights are kept."""
        self._run.summary.update(best_scores(best))

    def end(self, how: Ending) -> None:
        """End the run, and wait until its file is whole: another process writes it."""
        self._run.finish(exit_code=CODES[how])
        self._wandb.teardown()


def connect(told: Told) -> WandbRun:
    """Begin the run of a training, or go on with it."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # to its makers
    import wandb  # noqa: PLC0415  # a second, and may be absent

    told.folder.mkdir(parents=True, exist_ok=True)  # else it writes somewhere else
    folder = Path(os.environ.get("WANDB_DIR") or told.folder).resolve()  # it has another process
    known = told.done if any(folder.glob(f"wandb/*run-*-{told.key}")) else 0
    run = wandb.init(
        id=told.key,
        resume="allow",
        project=os.environ.get("WANDB_PROJECT") or PROJECT,
        name=os.environ.get("WANDB_NAME") or told.name,
        config=dict(told.params),
        dir=str(folder),
        mode=os.environ.get("WANDB_MODE") or "offline",  # type: ignore[arg-type]  # it checks
        settings=wandb.Settings(
            silent=True,
            console="off",
            init_timeout=WAIT,
            login_timeout=WAIT,
            finish_timeout=LAST_WAIT,
            disable_git=True,  # DVC knows the code; a remote's address may hold a password
            disable_code=True,
            x_save_requirements=False,
        ),
    )
    return WandbRun(wandb, run, run.step - 1 if run.resumed else known)


def address() -> str:
    """Return where the server is, with all that may be secret; offline there is none."""
    return os.environ.get("WANDB_BASE_URL", "")
