from math import inf, nan

import pytest
from learning import DATA, begun, run_step, same, settings, stored

from stages.artifacts.history import Epoch
from stages.scores import Scores
from stages.training.state import DivergedError, Learner, Tally

PASSED = Tally(steps=2, images=10, right=4, nats=5.0)


def learner(**changes: object) -> Learner:
    return begun(settings(**changes)).learner


def recorded(vals: list[Scores], **changes: object) -> Learner:
    """Return a learner after epochs of these scores; its weights are the number of the epoch."""
    made = learner(**changes)
    for number, val in enumerate(vals, 1):
        for weight in made.network.parameters():
            weight.data.fill_(number)
        made.lr = 0.1 / number
        made.record(val, PASSED, settings(**changes))
    return made


def test_an_epoch_is_recorded() -> None:
    made = recorded([Scores(0.7, 0.6), Scores(0.8, 0.5)])
    assert made.history == [Epoch(1, 0.5, 0.7, 0.4, 0.6, 0.1), Epoch(2, 0.5, 0.8, 0.4, 0.5, 0.05)]
    assert made.losses == [0.7, 0.8]
    assert made.highest == 0.6


def test_nothing_is_recorded_at_first() -> None:
    made = learner()
    assert (made.history, made.losses, made.highest, made.best) == ([], [], 0.0, {})


VALS = [Scores(0.7, 0.6), Scores(0.8, 0.9), Scores(0.4, 0.8), Scores(0.9, 0.9)]


@pytest.mark.parametrize(("best", "epoch"), [("accuracy", 2), ("loss", 3)])
def test_the_weights_of_the_best_epoch_are_kept(best: str, epoch: int) -> None:
    made = recorded(VALS, best=best)
    assert made.best["head.weight"].unique().tolist() == [epoch]


def test_the_weights_that_are_kept_are_averages() -> None:
    params = settings(ema=0.9)
    step = begun(params)
    run_step(step, DATA.images[:8], DATA.labels[:8])
    step.learner.record(Scores(0.7, 0.6), PASSED, params)
    with step.learner.average.applied():
        assert same(step.learner.best, step.learner.network.state_dict())
    assert not same(step.learner.best, step.learner.network.state_dict())


@pytest.mark.parametrize("loss", [nan, inf])
def test_an_epoch_whose_validation_is_no_number_does_not_count(loss: float) -> None:
    made = recorded(VALS[:1])
    message = rf"^the loss became {loss} on val after epoch 2; lower train\.lr$"
    with pytest.raises(DivergedError, match=message):
        made.record(Scores(loss, 1.0), PASSED, settings())
    assert len(made.history) == 1


FULL = {"ema": 0.9, "precision": "fp16", "optimizer": "muon", "hidden": (3,), "muon_rest": "adamw"}


def test_a_state_comes_back_whole_from_a_file() -> None:
    step = begun(settings(**FULL))
    for _ in range(3):
        run_step(step, DATA.images[:8], DATA.labels[:8])
    made = step.learner
    made.record(Scores(0.7, 0.6), PASSED, settings(**FULL))
    made.tally = PASSED
    state = stored(made.state_dict())
    other = learner(**FULL, seed=1)
    other.load_state_dict(state)
    assert same(other.state_dict(), state)
    assert (other.history, other.tally) == (made.history, made.tally)
    assert isinstance(other.history[0], Epoch)


def test_a_state_of_another_network_is_refused() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        learner(filters=(2, 4, 9)).load_state_dict(learner().state_dict())


@pytest.mark.parametrize("name", ["body.1.running_var", "head.bias", "body.0.weight"])
@pytest.mark.parametrize("value", [inf, nan])
def test_an_epoch_with_an_infinite_weight_does_not_count(name: str, value: float) -> None:
    made = recorded(VALS[:1])
    made.network.state_dict()[name].view(-1)[0] = value
    with pytest.raises(
        DivergedError, match=rf"^{name} became infinite in epoch 2; lower train\.lr"
    ):
        made.record(Scores(0.1, 1.0), PASSED, settings())
    assert len(made.history) == 1
