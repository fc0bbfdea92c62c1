"""Summarise a study: trials, importance, best trial, comparison with the default."""

from collections.abc import Callable
from typing import Literal

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from stages import sections
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from stages.params import PATH as PARAMS
from tools.comparing.fetching import fetch
from tools.searching import study
from tools.searching.contrast import Comparison
from tools.searching.contrast import compared as contrasted
from tools.searching.design import Design
from tools.searching.importance import importance
from tools.searching.record import Found, SearchTrial
from tools.searching.study import EXPERIMENT, REASON, Opened

WORDS: dict[TrialState, Literal["complete", "pruned", "failed"]] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def found(at: Opened) -> Found:
    """Return all trials that have ended, and what they say of the parameters."""
    wanted = at.design
    ended = [trial for trial in at.trials() if trial.state in WORDS]
    made = {trial.number: _record(wanted, trial) for trial in ended}
    best = study.best(ended, wanted)
    drawn = [made[trial.number]._replace(settings=trial.params) for trial in ended]
    spread = {name: one.distribution for name, one in wanted.ranges.items()}
    return Found(
        at.study.study_name,
        wanted.params.aim,
        wanted.maximize,
        {name: one.words for name, one in wanted.ranges.items()},
        [*made.values()],
        importance(drawn, spread),
        None if best is None else made[best.number],
        made.get(0),
        {name for name, one in spread.items() if _is_log(one)},
        {name for name, one in wanted.ranges.items() if one.choices},
        wanted.default,
    )


def compared(found: Found, bring: Callable[[str], str]) -> tuple[Comparison | None, list[str]]:
    """Compare the best with the default on the test split; else return why that cannot be.

    `bring` fetches an experiment of another machine, and returns why it could not.
    """
    best, default = found.best, found.default
    if best is None or default is None or default.state != "complete" or best == default:
        return None, []
    try:
        a, b = (_fetched(trial.experiment, bring) for trial in (default, best))
        return contrasted(a, b, _split()), []
    except UserError as error:
        return None, [f"the best is not compared with the default: {error}"]


def _fetched(experiment: str, bring: Callable[[str], str]) -> Predictions:
    try:
        return fetch(experiment)
    except UserError:
        if reason := bring(experiment):
            raise UserError(f"{experiment} is not here, and cannot be brought: {reason}") from None
        return fetch(experiment)


def _split() -> str:
    """Return the split that evaluate scores, here and in all trials."""
    return str(sections.stated(PARAMS)["evaluate"]["split"])


def _record(wanted: Design, trial: FrozenTrial) -> SearchTrial:
    attrs, curve = trial.user_attrs, trial.intermediate_values
    state = WORDS[trial.state]
    return SearchTrial(
        trial.number,
        state,
        study.settings(wanted, trial),
        trial.value if state == "complete" else None,
        [curve[epoch] for epoch in sorted(curve)],
        attrs.get(EXPERIMENT, ""),
        attrs.get(REASON, ""),
    )


def _is_log(distribution: BaseDistribution) -> bool:
    return isinstance(distribution, FloatDistribution | IntDistribution) and distribution.log
