"""Trainings for tests of the trackers."""

from collections.abc import Sequence

from stages.artifacts.history import Epoch
from stages.training.tracking.tracker import Tracking, opened


def report(on: Tracking, key: str, epochs: Sequence[Epoch], done: int = 0) -> None:
    """Track a training that goes on after `done` epochs, and ends well."""
    history = [*epochs[:done]]
    with opened(on, key, history) as tracker:
        for epoch in epochs[done:]:
            history.append(epoch)
            tracker.tell(history)
        tracker.score(history[-1])
