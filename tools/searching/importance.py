"""How much each parameter decides whether a trial is a good one."""

from collections.abc import Mapping, Sequence

from optuna.distributions import BaseDistribution

from tools.searching.record import SearchTrial


def importance(
    trials: Sequence[SearchTrial],
    distributions: Mapping[str, BaseDistribution],
    *,
    maximize: bool,
) -> dict[str, float]:
    """Return the importance by parameter, of sum 1; nothing of too few trials, or of one score."""
    raise NotImplementedError
