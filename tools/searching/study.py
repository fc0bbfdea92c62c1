"""Create, resume and update the study of Optuna.

All trials stand in the study from the start, and wait; a worker takes the first that nobody has.
What is drawn for one is decided by the seed, its number and the trials that ended before, and by
nothing that a killed process would have known.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import optuna
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState

from reprise.escaping import printable
from stages.errors import UserError
from tools.searching.attempt import Judge
from tools.searching.claims import Claims
from tools.searching.design import Design
from tools.searching.drawing import Reseeded, default_drawn, pruner
from tools.searching.ending import Ending
from tools.searching.outage import Patience

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
MOMENT = 0.05  # seconds between two looks at the trials that another adds
ALL = -1  # number of the claim of who writes all trials down
EXPERIMENT, REASON = "experiment", "reason"  # names of attributes


class Opened(NamedTuple):
    """A study of Optuna with its storage, claims and design."""

    study: optuna.Study
    storage: BaseStorage
    claims: Claims
    design: Design
    patience: Patience  # with the storage

    def _id(self, number: int) -> int:
        """Return the storage's identifier of a trial."""
        return self.storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)  # noqa: SLF001

    def trials(self) -> list[FrozenTrial]:
        """Return the trials that there are to be, in their order."""
        found = self.patience(lambda: self.study.get_trials(deepcopy=False))
        return sorted(found, key=lambda trial: trial.number)[: self.design.params.trials]

    def left(self) -> list[int]:
        """Return the numbers of the trials that have not ended; see that there are all."""
        while len(found := self.trials()) < self.design.params.trials:
            self.patience(self._enqueue)  # or another machine is at that, and not through yet
            time.sleep(MOMENT)
        return [trial.number for trial in found if trial.state not in ENDED]

    def _enqueue(self) -> None:
        """Add the trials that are lacking, unless another is at that."""
        if self.claims.take(ALL):
            try:
                there = len(self.study.get_trials(deepcopy=False))
                for _ in range(self.design.params.trials - there):
                    self.study.enqueue_trial({})
            finally:
                self.claims.release(ALL)

    def begin(self, number: int) -> tuple[optuna.Trial, dict[str, Any]]:
        """Begin a trial, or go on with it; return it, and what it sets in params.yaml."""
        return self.patience(lambda: self._begin(number))

    def _begin(self, number: int) -> tuple[optuna.Trial, dict[str, Any]]:
        ident, ranges = self._id(number), self.design.ranges
        self.storage.set_trial_state_values(ident, TrialState.RUNNING)  # where it waits
        if number == 0:
            for name, drawn in (default_drawn(self.design) or {}).items():
                self._write(ident, name, drawn)
            return optuna.Trial(self.study, ident), {}
        trial = optuna.Trial(self.study, ident)
        drawn = {name: trial._suggest(name, one.distribution) for name, one in ranges.items()}  # noqa: SLF001
        return trial, {name: self.design.setting(name, drawn[name]) for name in ranges}

    def _write(self, ident: int, name: str, drawn: object) -> None:
        if name not in self.storage.get_trial(ident).params:
            distribution = self.design.ranges[name].distribution
            inner = distribution.to_internal_repr(drawn)
            self.storage.set_trial_param(ident, name, inner, distribution)

    def judge(self, trial: optuna.Trial) -> Judge:
        """Return a function that reports the score of an epoch, and tells whether to prune."""

        def is_behind(epoch: int, score: float) -> bool:
            known = self._reported(trial)
            if known and max(known) > epoch:
                return False  # it was judged before a kill, and went on
            if epoch not in known:
                trial.report(score, epoch)
            return bool(trial.should_prune())  # of NumPy

        return lambda epoch, score: self.patience(lambda: is_behind(epoch, score))

    def _reported(self, trial: optuna.Trial) -> Mapping[int, float]:
        return self.storage.get_trial(self._id(trial.number)).intermediate_values

    def tell(self, trial: optuna.Trial, found: Ending, experiment: str) -> None:
        """Tell the study what a trial came to."""

        def tell() -> None:
            if self.storage.get_trial(self._id(trial.number)).state in ENDED:
                return  # the answer of the database was lost, not the question
            trial.set_user_attr(EXPERIMENT, experiment)
            self.study.tell(trial, found.score, STATES[found.state])

        self.patience(tell)

    def tell_failure(self, number: int, reason: str) -> None:
        """Tell the study that a trial has failed, and why."""

        def tell() -> None:
            ident = self._id(number)
            if self.storage.get_trial(ident).state not in ENDED:
                self.storage.set_trial_user_attr(ident, REASON, reason)
                self.storage.set_trial_state_values(ident, TrialState.FAIL)

        self.patience(tell)

    def has_succeeded(self) -> bool:
        """Tell whether any trial was complete or pruned."""
        return any(trial.state in ENDED[:2] for trial in self.trials())

    def best_so_far(self) -> str:
        """Return the best score in words."""
        found = best(self.trials(), self.design)
        return f"best {self.design.params.aim} {found.value:.4f}" if found else ""

    def line(self, number: int, settings: Mapping[str, Any], found: Ending) -> str:
        """Return a line about a trial that has ended."""
        said = f"{self.design.params.aim} {found.score:.4f}" if found.score is not None else ""
        said = said or f"{found.state}{': ' if found.reason else ''}{found.reason}"
        told = ", ".join(f"{name} {value}" for name, value in settings.items())
        return printable(f"trial {number}: {said}; {told or 'params.yaml as it is'}")


def opened(storage: RDBStorage, design: Design, digest: str) -> Opened:
    """Open the study of a design and a commit, or begin it."""
    patience = Patience(storage.url)
    made = patience(
        lambda: optuna.create_study(
            storage=storage,
            study_name=f"search-{digest}",
            sampler=Reseeded(design),
            pruner=pruner(design),
            direction="maximize" if design.maximize else "minimize",
            load_if_exists=True,
        )
    )
    claims = Claims(storage.engine, made.study_name, patience)
    return Opened(made, storage, claims, design, patience)


def settings(design: Design, trial: FrozenTrial) -> dict[str, Any]:
    """Return the parameters that a trial set; the first trial sets none."""
    if trial.number == 0:
        return {}
    return {
        name: design.setting(name, trial.params[name])
        for name in design.ranges
        if name in trial.params
    }


def best(trials: Sequence[FrozenTrial], design: Design) -> FrozenTrial | None:
    """Return the best of those that are complete, of equals the first."""
    whole = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    sign = -1 if design.maximize else 1
    return min(whole, key=lambda trial: (sign * _value(trial), trial.number), default=None)


def _value(trial: FrozenTrial) -> float:
    if trial.value is None:
        raise UserError(f"trial {trial.number} is complete and has no score; the study is damaged")
    return trial.value
