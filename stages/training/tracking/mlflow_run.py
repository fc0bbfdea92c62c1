"""A training in MLflow: at the address of MLFLOW_TRACKING_URI, or in runs/mlflow.db.

The experiment is that of MLFLOW_EXPERIMENT_NAME, or `reprise`. A run is found again by the key of
the training, and asked how much it knows: no point is there twice, whatever was killed, and when.
"""

import os
from collections.abc import Mapping, Sequence
from logging import ERROR, getLogger
from time import time
from typing import Any, TypeAlias

from stages.artifacts.history import Epoch
from stages.training.tracking.told import (
    PROJECT,
    Ending,
    Number,
    Told,
    TrackedRun,
    best_scores,
    points,
)

# Of a library that is imported where it is needed.
Client: TypeAlias = Any  # mlflow.tracking.MlflowClient
Run: TypeAlias = Any  # mlflow.entities.Run
KEY = "reprise.key"  # tag
WATCHED = "val_loss"  # the metric that tells which epochs a run has
TOLD_AT_ONCE = 100  # epochs: a request may hold 1000 values
# The client's own defaults wait for minutes; telemetry would tell its makers of each training.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",  # seconds
}
QUIET = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"  # else it prints the address, password included


class MlflowRun(TrackedRun):
    """A run of MLflow."""

    def __init__(self, client: Client, run: Run) -> None:
        """Take a run that has begun, and ask for the epochs that it has."""
        self._client, self._id, self._scored = client, run.info.run_id, run.data.metrics.keys()
        known = client.get_metric_history(self._id, WATCHED)
        self.epochs = max((point.step for point in known), default=0)

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Add epochs, which follow those that it has."""
        for start in range(0, len(epochs), TOLD_AT_ONCE):
            some = epochs[start : start + TOLD_AT_ONCE]
            self._log([(points(epoch), epoch.epoch) for epoch in some])
            self.epochs = some[-1].epoch

    def score(self, best: Epoch) -> None:
        """Add the scores of the epoch whose weights are kept, unless it has them."""
        scores = best_scores(best)
        if not scores.keys() <= self._scored:
            self._log([(scores, best.epoch)])

    def end(self, how: Ending) -> None:
        """End the run."""
        self._client.set_terminated(self._id, how)

    def _log(self, values: Sequence[tuple[Mapping[str, Number], int]]) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415  # as below

        now = int(time() * 1000)  # milliseconds
        metrics = [
            Metric(name, value, now, step) for some, step in values for name, value in some.items()
        ]
        self._client.log_batch(self._id, metrics=metrics)


def connect(told: Told) -> MlflowRun:
    """Begin the run of a training, or go on with it."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ[QUIET] = "true"
    # Seconds, and the library may be absent.
    from mlflow.entities import Param  # noqa: PLC0415
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    getLogger("mlflow").setLevel(ERROR)  # it tells how it makes its tables
    told.folder.mkdir(parents=True, exist_ok=True)
    own = f"sqlite:///{told.folder.resolve() / 'mlflow.db'}"
    client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or own)
    run = _run(client, _experiment(client, told), told)
    lacking = told.params.keys() - run.data.params.keys()  # what is there cannot be changed
    params = [Param(name, str(told.params[name])) for name in sorted(lacking)]
    client.log_batch(run.info.run_id, params=params)
    return MlflowRun(client, run)


def address() -> str:
    """Return where the server is, with all that may be secret."""
    return os.environ.get("MLFLOW_TRACKING_URI", "")


def _experiment(client: Client, told: Told) -> str:
    """Return the number of the experiment; make it, where it is not there."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  # as above

    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    # A server has a place for artifacts of its own; else they would go to ./mlruns, within Git.
    place = None if address() else (told.folder.resolve() / "mlflow").as_uri()
    try:
        return str(client.create_experiment(name, place))
    except MlflowException:  # another training has made it since
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise


def _run(client: Client, experiment: str, told: Told) -> Run:
    """Return the run of a training: the last that was killed, or one that begins now."""
    found = client.search_runs(
        [experiment], f"tags.`{KEY}` = '{told.key}'", order_by=["attributes.start_time DESC"]
    )
    # From the beginning, what has ended well is repeated, and is a run of its own.
    former = [run for run in found if told.done or run.info.status != "FINISHED"]
    if not former:
        return client.create_run(experiment, run_name=told.name, tags={KEY: told.key})
    client.update_run(former[0].info.run_id, status="RUNNING")
    return former[0]
