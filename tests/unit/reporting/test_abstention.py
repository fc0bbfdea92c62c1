from itertools import product
from math import ceil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import betabinom
from sklearn.metrics import precision_recall_curve

from reprise.rule import NEVER, Rule
from stages.errors import UserError
from stages.reporting import abstention
from stages.reporting.abstention import (
    UNIT,
    Abstention,
    Sight,
    covering,
    fit,
    most_precise,
    precise,
    rank,
)
from stages.scores import interval, probabilities

PARAMS = Abstention(abstain="none", abstain_target=0.9, conformal_alpha=None, ood_quantile=None)
SURE = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60)


def sight(images: int, seed: int = 0, classes: int = 3) -> Sight:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    logits = rng.normal(0, 1.5, (images, classes)) + 2 * np.eye(classes)[labels]
    return Sight(torch.from_numpy(logits.astype(np.float32)), torch.from_numpy(labels), 1.5)


def given_as(**changes: object) -> Abstention:
    return Abstention.model_validate({**PARAMS.model_dump(), **changes})


def columns(rows: list[tuple[int, bool]]) -> tuple[torch.Tensor, torch.Tensor]:
    top, right = zip(*rows, strict=True)
    return torch.tensor(top), torch.tensor(right)


def test_six_images_by_hand() -> None:
    # From 9 on 1 of 1 right, from 8 on 2 of 3, from 5 on 3 of 4, from 2 on 3 of 6.
    top, right = columns([(9, True), (8, True), (8, False), (5, True), (2, False), (2, False)])
    lows = {level: interval(*pair)[0] for level, pair in {9: (1, 1), 8: (2, 3), 5: (3, 4)}.items()}
    assert precise(top, right, lows[5]) == 5  # 0.30
    assert precise(top, right, lows[5] + 1e-9) is None
    assert precise(top, right, 0.15) == 2  # 0.19 from 2 on
    assert covering(top, 6, 0.5) == 8
    assert covering(top, 6, 0.51) == 5
    assert covering(top, 6, 0.99) == 2
    assert covering(top, 9, 0.7) == 0  # three of nine were unfamiliar


@given(SURE, st.sampled_from([0.05, 0.2, 0.5, 0.8, 0.9]))
def test_the_threshold_is_the_least_by_brute_force(
    rows: list[tuple[int, bool]], target: float
) -> None:
    def low(level: int) -> float:
        kept = [right for top, right in rows if top >= level]
        return interval(sum(kept), len(kept))[0]

    reaching = [level for level in {top for top, _ in rows} if low(level) >= target]
    assert precise(*columns(rows), target) == min(reaching, default=None)


@pytest.mark.parametrize("quantile", [None, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_val_shows_no_more_than_its_most_precise(seed: int, quantile: float | None) -> None:
    val = sight(40, seed)
    rule = fit(val, given_as(abstain="precision", abstain_target=0.999, ood_quantile=quantile))
    assert rule.threshold == NEVER
    most = most_precise(val, rule)
    asked = {"abstain": "precision", "ood_quantile": quantile}
    kept = fit(val, given_as(abstain_target=most - 1e-9, **asked))
    assert kept.threshold < NEVER
    assert fit(val, given_as(abstain_target=most + 1e-9, **asked)).threshold == NEVER


@given(SURE, st.sampled_from([0.01, 0.2, 0.5, 0.95]))
def test_coverage_is_reached_and_by_no_greater_threshold(
    rows: list[tuple[int, bool]], target: float
) -> None:
    top, _ = columns(rows)
    found = covering(top, len(top), target)
    assert (top >= found).sum() >= target * len(top) - 1e-9
    assert not any(
        (top >= level).sum() >= target * len(top) - 1e-9 for level in range(found + 1, 14)
    )


def test_the_precision_is_that_of_scikit_learn_s_curve() -> None:
    val = sight(400)
    sure = probabilities(val.logits, val.temperature)
    top, right = sure.amax(1).numpy(), (sure.argmax(1) == val.labels).numpy()
    rule = fit(val, given_as(abstain="precision", abstain_target=0.85))
    precision, _, thresholds = precision_recall_curve(right, top)
    at = np.searchsorted(thresholds, rule.threshold)
    hits = right[top >= rule.threshold]
    assert precision[at] == pytest.approx(hits.mean())
    assert interval(int(hits.sum()), len(hits))[0] >= 0.85
    below = right[top >= thresholds[at - 1]]
    assert interval(int(below.sum()), len(below))[0] < 0.85


@pytest.mark.parametrize(
    ("images", "alpha"), [*product([1, 8, 9, 10, 19, 99, 100], [0.1, 0.05, 0.3])]
)
def test_the_rank_is_that_of_split_conformal_prediction(images: int, alpha: float) -> None:
    assert rank(images, alpha) == ceil(round((images + 1) * (1 - alpha), 9))


def test_nine_images_by_hand() -> None:
    own = torch.arange(1, 10) * UNIT // 10  # 0.1 to 0.9
    assert abstention.least_probability(own, 0.1) == 0.1  # the ninth of ten scores
    assert abstention.least_probability(own, 0.3) == 0.3
    assert abstention.least_probability(own, 0.09) == 0.0  # the tenth of nine
    assert abstention.least_probability(own, None) is None
    energies = torch.arange(1, 10)
    assert abstention.most_energy(energies, 0.1) == 9
    assert abstention.most_energy(energies, 0.5) == 5
    assert abstention.most_energy(energies, 0.09) is None
    assert abstention.most_energy(energies, None) is None


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_coverage_on_exchangeable_images_is_within_its_bound(alpha: float) -> None:
    pool, images, tested, rounds = sight(5000, 1), 200, 400, 200
    shares = probabilities(pool.logits, pool.temperature)
    own = shares.gather(1, pool.labels[:, None]).squeeze(1)
    beyond = int((images + 1) * alpha)
    law = betabinom(tested, images + 1 - beyond, beyond)
    found = []
    for seed in range(rounds):
        order = torch.randperm(5000, generator=torch.Generator().manual_seed(seed))
        val, test = order[:images], order[images : images + tested]
        rule = fit(
            pool._replace(logits=pool.logits[val], labels=pool.labels[val]),
            given_as(conformal_alpha=alpha),
        )
        found.append(int((own[test] >= (rule.set_threshold or 0)).sum()))
    # The mean within 4 standard errors, and no more rounds outside 95 % than chance gives.
    assert abs(np.mean(found) - law.mean()) < 4 * law.std() / rounds**0.5
    inside = np.mean([law.ppf(0.025) <= count <= law.ppf(0.975) for count in found])
    assert inside > 0.88


def test_nothing_asked_for_answers_everything() -> None:
    rule = fit(sight(50), PARAMS)
    assert rule == Rule(0.0, None, None, "none", None, None, None)
    assert not rule.abstains()


@pytest.mark.parametrize("abstain", ["precision", "coverage"])
def test_what_is_asked_for_holds_on_val(abstain: str) -> None:
    val = sight(300, 3)
    rule = fit(val, given_as(abstain=abstain, abstain_target=0.7, ood_quantile=0.05))
    sure = probabilities(val.logits, val.temperature)
    energies = -val.temperature * (val.logits.double() / val.temperature).logsumexp(1)
    assert rule.energy_threshold is not None
    known = energies <= rule.energy_threshold
    assert 0.94 <= known.double().mean() <= 0.96
    answered = (sure.amax(1) >= rule.threshold) & known
    right = (sure.argmax(1) == val.labels)[answered]
    measured = answered.double().mean() if abstain == "coverage" else right.double().mean()
    assert measured >= 0.7


def test_a_precision_that_val_cannot_show_answers_nothing() -> None:
    assert fit(sight(20), given_as(abstain="precision", abstain_target=0.99)).threshold == NEVER


def test_thresholds_have_six_decimals() -> None:
    rule = fit(sight(200), given_as(abstain="coverage", conformal_alpha=0.1, ood_quantile=0.1))
    for value in rule[:3]:
        assert value == round(float(value or 0), 6) != 0


def test_logits_that_are_no_numbers_are_refused() -> None:
    val = sight(10)
    val.logits[3, 1] = float("nan")
    with pytest.raises(UserError, match="1 of 10 images logits that are not finite"):
        fit(val, PARAMS)


@settings(max_examples=20)
@given(st.integers(1, 40), st.sampled_from([2, 3, 7]))
def test_any_number_of_images_gives_a_rule(images: int, classes: int) -> None:
    params = given_as(abstain="precision", conformal_alpha=0.1, ood_quantile=0.1)
    rule = fit(sight(images, images, classes), params)
    assert (rule.set_threshold == 0) == (images < 9)
    assert (rule.energy_threshold is None) == (images < 9)


@pytest.mark.parametrize("key", ["abstain_target", "conformal_alpha", "ood_quantile"])
@pytest.mark.parametrize("value", [0, 1, -0.1, "0.1"])
def test_shares_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        given_as(**{key: value})
