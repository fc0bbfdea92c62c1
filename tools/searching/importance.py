"""Importance of each parameter: its share of the variance of the scores.

By functional ANOVA of a forest of trees (Hutter, Hoos & Leyton-Brown 2014). Optuna's default,
PED-ANOVA, judges by the best tenth of the trials, which is two of 20. The forest is seeded, and
scikit-learn's, which the pipeline has anyway.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, create_trial

from tools.searching.record import SearchTrial, Value

FEWEST = 4  # complete trials of which anything can be said
SEED = 0  # of the forest: the same trials give the same importance
DIGITS = 4  # all that is kept: beyond them lies what processors differ by


def importance(
    trials: Sequence[SearchTrial], distributions: Mapping[str, BaseDistribution]
) -> dict[str, float]:
    """Return the importance by parameter, of sum 1, the greatest first.

    Nothing of fewer than four complete trials, or of a single score; trials that lack a parameter
    or have one beyond its range are left out.
    """
    made = [each for trial in trials if (each := _frozen(trial, distributions))]
    if len(made) < FEWEST or len({each.value for each in made}) < 2:
        return {}
    study = _silent_study()
    study.add_trials(made)
    try:
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=SEED))
    except RuntimeError:  # no tree has two leaves: the trials are one point
        return {}
    shares = {name: round(float(share), DIGITS) for name, share in found.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _silent_study() -> optuna.Study:
    """Return a study in memory; Optuna would say that it made one."""
    loud = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study()
    finally:
        optuna.logging.set_verbosity(loud)


def _frozen(
    trial: SearchTrial, distributions: Mapping[str, BaseDistribution]
) -> FrozenTrial | None:
    """Return a complete trial as Optuna has it, or None where it is no point of these ranges."""
    score = trial.score if trial.state == "complete" else None
    if score is None or not math.isfinite(score) or not distributions.keys() <= {*trial.settings}:
        return None
    values = {name: trial.settings[name] for name in distributions}
    try:
        create_trial(params=values, distributions={**distributions}, value=score)
    except (TypeError, ValueError):  # a value beyond its range
        return None
    return create_trial(
        params={name: _coordinate(value, distributions[name]) for name, value in values.items()},
        distributions={name: _scale(each) for name, each in distributions.items()},
        value=score,
    )


# The evaluator weighs the whole range as it stands, of which a logarithmic one is mostly its upper
# end; trees do not mind how values are scaled.
def _scale(distribution: BaseDistribution) -> BaseDistribution:
    if _is_logarithmic(distribution):
        return FloatDistribution(math.log(distribution.low), math.log(distribution.high))
    return distribution


def _coordinate(value: Value, distribution: BaseDistribution) -> Value:
    if _is_logarithmic(distribution) and isinstance(value, int | float):
        return math.log(value)
    return value


def _is_logarithmic(
    distribution: BaseDistribution,
) -> TypeGuard[FloatDistribution | IntDistribution]:
    return isinstance(distribution, FloatDistribution | IntDistribution) and distribution.log
