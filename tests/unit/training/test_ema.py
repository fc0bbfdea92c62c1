from copy import deepcopy

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from stages.training.ema import Ema, MovingAverage


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))
    return layers.to(memory_format=torch.channels_last)


def learn(layers: nn.Module, seed: int) -> None:
    """Change all weights and buffers, as a step does."""
    images = torch.randn(4, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    layers(images).square().mean().backward()
    with torch.no_grad():
        for weight in layers.parameters():
            assert weight.grad is not None
            weight.sub_(weight.grad, alpha=0.1)
            weight.grad = None


def copied(layers: nn.Module) -> dict[str, Tensor]:
    return deepcopy(layers.state_dict())


def averaged(layers: nn.Module, average: MovingAverage) -> dict[str, Tensor]:
    with average.applied():
        return copied(layers)


def same(first: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return first.keys() == other.keys() and all(torch.equal(first[k], other[k]) for k in first)


@pytest.mark.parametrize("decay", [0.0, 0.05, 0.25, 0.5, 0.999])
def test_averages_by_numpy(decay: float) -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=decay))
    expected = {name: held.double().numpy() for name, held in copied(layers).items()}
    for step in range(12):
        learn(layers, step)
        average.update()
        now = min(decay, (1 + step) / (10 + step))
        for name, held in layers.state_dict().items():
            expected[name] = now * expected[name] + (1 - now) * held.double().numpy()
    for name, held in averaged(layers, average).items():
        if held.is_floating_point():
            np.testing.assert_allclose(held.numpy(), expected[name], rtol=1e-4, atol=1e-6)


def test_averages_are_those_of_torch() -> None:
    layers = network()
    for step in range(3):
        learn(layers, step)
    average = MovingAverage(layers, Ema(ema=0.05))  # below any decay of the first steps
    reference = AveragedModel(layers, multi_avg_fn=None, avg_fn=lerp, use_buffers=True)
    reference.update_parameters(layers)  # a copy
    for step in range(3, 7):
        learn(layers, step)
        average.update()
        reference.update_parameters(layers)
    found = averaged(layers, average)
    for name, held in reference.module.state_dict().items():
        if held.is_floating_point():
            torch.testing.assert_close(found[name], held)


def lerp(old: Tensor, new: Tensor, _: object) -> Tensor:
    return 0.05 * old + 0.95 * new


def test_whole_numbers_are_those_of_the_network() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=0.9))
    for step in range(3):
        learn(layers, step)
        average.update()
    found = averaged(layers, average)
    assert found["1.num_batches_tracked"] == 3
    assert found["1.num_batches_tracked"].dtype == torch.int64


def test_after_the_block_the_network_has_its_own_weights_again() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=0.9))
    learn(layers, 0)
    average.update()
    before = copied(layers)
    first = averaged(layers, average)
    assert not same(first, before)
    assert same(copied(layers), before)
    assert same(averaged(layers, average), first)


def test_an_error_within_the_block_changes_nothing() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=0.9))
    learn(layers, 0)
    before = copied(layers)

    def fail() -> None:
        with average.applied():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert same(copied(layers), before)


def test_weights_that_never_change_are_their_own_average() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=0.99))
    for _ in range(50):
        average.update()
    assert same(averaged(layers, average), copied(layers))


def test_without_decay_there_is_none() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=None))
    learn(layers, 0)
    average.update()
    assert same(averaged(layers, average), copied(layers))
    state = average.state_dict()
    assert state == {"steps": 0, "averages": {}}
    average.load_state_dict(state)


def test_a_network_without_weights_has_an_average() -> None:
    average = MovingAverage(nn.ReLU(), Ema(ema=0.5))
    average.update()
    with average.applied():
        pass


def test_training_goes_on_as_without_an_average() -> None:
    plain, layers = network(), network()
    average = MovingAverage(layers, Ema(ema=0.9))
    for step in range(4):
        learn(plain, step)
        learn(layers, step)
        average.update()
        with average.applied():
            layers.state_dict()
    assert same(copied(plain), copied(layers))


def test_a_restored_state_goes_on_with_the_same_bits() -> None:
    layers = network()
    average = MovingAverage(layers, Ema(ema=0.9))
    for step in range(4):
        if step == 2:
            state, resumed = deepcopy(average.state_dict()), deepcopy(layers)
            again = MovingAverage(resumed, Ema(ema=0.9))
            again.load_state_dict(state)
        learn(layers, step)
        average.update()
    for step in (2, 3):
        learn(resumed, step)
        again.update()
    assert same(averaged(layers, average), averaged(resumed, again))


def test_a_state_of_another_network_is_refused() -> None:
    average = MovingAverage(network(), Ema(ema=0.9))
    with pytest.raises(KeyError):
        average.load_state_dict({"steps": 0, "averages": {}})


@pytest.mark.parametrize("value", [-0.1, 1.0, "0.9", True])
def test_a_decay_out_of_bounds_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="ema"):
        Ema.model_validate({"ema": value})
