"""Sampler and pruner of a study, from search.yaml."""

from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from tools.searching.design import Design


class Reseeded(BaseSampler):
    """A sampler seeded by trial number, so that a resumed search draws the same parameters."""

    def __init__(self, design: Design) -> None:
        self._params = design.params
        # Where a value is outside of its range, no trial has all of them: one by one, then.
        self._together = default_drawn(design) is not None

    def _sampler(self, number: int, name: str = "") -> BaseSampler:
        seed = crc32(f"{self._params.seed} {number} {name}".encode())
        if self._params.sampler == "random":
            return RandomSampler(seed=seed)
        return TPESampler(seed=seed, multivariate=self._together)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that are drawn together."""
        found = self._sampler(trial.number).infer_relative_search_space(study, trial)
        return {name: found[name] for name in sorted(found)}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw parameters together; in the first ten trials there are none."""
        return self._sampler(trial.number).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401 - as Optuna has it
        """Draw one parameter by itself."""
        sampler = self._sampler(trial.number, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)


def pruner(design: Design) -> BasePruner:
    """Return the pruner that search.yaml names."""
    pruners: Mapping[str, BasePruner] = {
        "none": NopPruner(),
        "median": MedianPruner(n_startup_trials=5, n_warmup_steps=2),
        "hyperband": HyperbandPruner(),
    }
    return pruners[design.params.prune]


def default_drawn(design: Design) -> dict[str, Any] | None:
    """Return params.yaml as samples; None where a value is outside of its range."""
    try:
        return {name: one.drawn(design.default[name]) for name, one in design.ranges.items()}
    except ValueError:
        return None


def outside(design: Design) -> Iterator[str]:
    """Yield a line for each value of params.yaml that is outside of its range."""
    for name, one in design.ranges.items():
        try:
            one.drawn(design.default[name])
        except ValueError as error:
            yield (
                f"{name} of params.yaml, {error}: the first trial has it all the same, and the "
                "sampler learns nothing from it"
            )
