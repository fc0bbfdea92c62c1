from itertools import islice

import numpy as np
import pytest
import torch
from toys import CARD, NETWORK, split

from stages.batches import Resident, to_device
from stages.errors import UserError
from stages.train import Train
from stages.training.setup import Training, build_step
from tools.find_lr import Point, Span, endless_steps, steepest, sweep

SPAN = Span(1e-5, 10.0, 60)
DATA = to_device(split(24), torch.device("cpu"))
PARAMS = Train.load().model_copy(
    update={
        **NETWORK.model_dump(),
        "batch_size": 8,
        "accumulate": 1,
        "optimizer": "sgd",
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
        "lr": 0.5,
        "head_lr": None,
        "freeze": "none",
        "flip": "none",
        "limit_batches": None,
        "overfit_batches": None,
        "threads": 1,
        "device": "cpu",
    }
)


def points(params: Training = PARAMS, span: Span = SPAN, data: Resident = DATA) -> list[Point]:
    return list(sweep(build_step(params, CARD, data), data, params, span))


def ramp(losses: list[float]) -> list[Point]:
    return [Point(10.0 ** (n / 10), loss, loss) for n, loss in enumerate(losses)]


def test_rates_grow_by_the_same_factor() -> None:
    lrs = [point.lr for point in points()]
    assert lrs == pytest.approx(np.geomspace(1e-5, 10, 60)[: len(lrs)])


def test_steps_are_those_of_plain_sgd() -> None:
    tried, step = points(), build_step(PARAMS, CARD, DATA)
    step.whole.train()
    for point, work in zip(tried, endless_steps(step, DATA, PARAMS), strict=False):
        ((images, labels),) = work.batches
        loss = step.loss(step.whole(images), labels)
        assert point.loss == pytest.approx(loss.item(), rel=1e-4)
        step.whole.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weight in step.whole.parameters():
                weight.sub_(point.lr * torch.as_tensor(weight.grad))


def test_groups_keep_their_ratios() -> None:
    params = PARAMS.model_copy(update={"head_lr": 5.0})
    step = build_step(params, CARD, DATA)
    for point in islice(sweep(step, DATA, params, SPAN), 5):
        rates = sorted(
            {group["lr"] for made in step.learner.optimizers for group in made.param_groups}
        )
        assert rates == pytest.approx([point.lr, 10 * point.lr])


def test_the_smoothed_loss_is_a_weighted_mean_of_those_so_far() -> None:
    tried = points(span=SPAN._replace(steps=120))  # a memory of 4
    for last in (0, 1, 5, len(tried) - 1):
        weights = 0.75 ** np.arange(last, -1, -1)
        losses = [point.loss for point in tried[: last + 1]]
        assert tried[last].smoothed == pytest.approx(np.average(losses, weights=weights))


def test_it_stops_when_the_loss_explodes() -> None:
    tried = points(span=SPAN._replace(high=1e9, steps=200))
    lowest = np.minimum.accumulate([point.smoothed for point in tried])
    assert 10 < len(tried) < 200
    assert all(point.smoothed <= 4 * low for point, low in zip(tried, lowest, strict=True))
    assert np.isfinite([point.loss for point in tried]).all()


def test_what_does_not_explode_goes_to_the_end() -> None:
    assert len(points(span=Span(1e-9, 1e-8, 30))) == 30


def test_it_stops_when_the_loss_is_no_number() -> None:
    step = build_step(PARAMS, CARD, DATA)
    torch.nn.init.constant_(next(step.learner.network.parameters()), float("nan"))
    assert not list(sweep(step, DATA, PARAMS, SPAN))


def test_the_same_parameters_give_the_same_points() -> None:
    assert points() == points()


def test_learning_goes_through_the_images_again_and_again() -> None:
    step = build_step(PARAMS, CARD, DATA)
    works = islice(endless_steps(step, DATA, PARAMS), 6)
    seen = [labels for work in works for _, labels in work.batches]
    for epoch in (seen[:3], seen[3:]):
        assert torch.cat(epoch).bincount().tolist() == [12, 12]


def test_what_is_frozen_stays() -> None:
    params = PARAMS.model_copy(update={"freeze": "backbone"})
    step = build_step(params, CARD, DATA)
    first, *_, last = step.learner.network.parameters()
    before = first.clone(), last.clone()
    list(islice(sweep(step, DATA, params, Span(0.1, 1.0, 60)), 5))
    assert torch.equal(first, before[0])
    assert not torch.equal(last, before[1])


def test_the_steepest_descent_is_suggested() -> None:
    assert steepest(ramp([5, 5, 5, 4, 1, 0.5, 0.5, 3, 9]), 1) == Point(10.0**0.3, 4, 4)


def test_what_falls_after_the_lowest_does_not_count() -> None:
    assert steepest(ramp([5, 5, 4.5, 4, 9, 9, 4.1]), 1).loss == 4.5


def test_noise_from_step_to_step_does_not_count() -> None:
    losses = np.r_[np.full(100, 2.0), np.linspace(2, 0.5, 100), np.full(100, 0.5)]
    noise = np.tile([0.05, -0.05], 150)
    suggested = steepest(ramp((losses + noise).tolist()), 10)
    assert 10.0**10 <= suggested.lr <= 10.0**20


@pytest.mark.parametrize("losses", [[], [1.0], [1, 1, 1], [1, 2, 3], [1, 4, 2]])
def test_a_loss_that_never_falls_is_refused(losses: list[float]) -> None:
    with pytest.raises(UserError, match="does not fall at any rate tried; try others with --low"):
        steepest(ramp(losses), 1)
