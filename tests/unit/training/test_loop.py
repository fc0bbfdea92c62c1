from math import log

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from torch import nn
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import OneCycleLR
from toys import split, untrained

from stages.batches import Resident, to_device
from stages.errors import UserError
from stages.progress import Progress
from stages.training.loop import Fit, Pass, backward, fit, shuffled

DATA = to_device(split(20), torch.device("cpu"))


def params(lr: float = 0.02, epochs: int = 6, batch_size: int = 8, seed: int = 0) -> Fit:
    return Fit(lr=lr, weight_decay=0.01, seed=seed, epochs=epochs, batch_size=batch_size)


def run(params: Fit, data: Resident = DATA) -> tuple[list[Pass], dict[str, torch.Tensor]]:
    network = untrained().whole()
    with Progress("train", params.epochs * len(data.labels), "images") as progress:
        passes = list(fit(network, data, params, progress))
    return passes, network.state_dict()


def same(first: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], other[name]) for name in first)


def test_what_can_be_learned_is_learned() -> None:
    passes, _ = run(params())
    assert len(passes) == 6
    assert passes[-1].loss < passes[0].loss / 2
    assert passes[-1].accuracy == 1.0


def test_steps_are_those_of_a_plain_loop_in_torch() -> None:
    reference, fitted = untrained().whole(), untrained().whole()
    optimizer = AdamW(reference.parameters(), lr=0.02, weight_decay=0.01)
    schedule = OneCycleLR(optimizer, 0.02, total_steps=6)
    expected = []
    for epoch in range(2):
        reference.train()
        order, losses, right = np.random.default_rng((0, epoch)).permutation(20), 0.0, 0
        for start in (0, 8, 16):
            batch = order[start : start + 8]
            optimizer.zero_grad()
            logits, labels = reference(DATA.images[batch]), DATA.labels[batch]
            loss = nn.functional.cross_entropy(logits, labels)
            loss.backward()
            lr = schedule.get_last_lr()[0]
            optimizer.step()
            schedule.step()
            losses += loss.item() * len(batch)
            right += int((logits.argmax(1) == labels).sum())
        expected.append((losses / 20, right / 20, lr))
    with Progress("train", 40, "images") as progress:
        for number, one in enumerate(fit(fitted, DATA, params(epochs=2), progress)):
            assert one == pytest.approx(expected[number], rel=1e-12)
            fitted.eval()  # as a caller does that scores
    assert same(fitted.state_dict(), reference.state_dict())


def test_the_same_seed_gives_the_same_bits() -> None:
    (first, weights), (again, weights_again) = run(params()), run(params())
    assert first == again
    assert same(weights, weights_again)


def test_what_was_drawn_before_does_not_matter() -> None:
    network, weights = untrained().whole(), run(params())[1]
    torch.rand(5)
    with Progress("train", 1, "images") as progress:
        for _ in fit(network, DATA, params(), progress):
            torch.rand(5)
    assert same(network.state_dict(), weights)


def test_another_seed_gives_other_weights() -> None:
    assert not same(run(params(seed=0))[1], run(params(seed=1))[1])


@pytest.mark.parametrize(("epochs", "batch_size"), [(1, 20), (1, 100), (3, 7), (4, 20)])
def test_the_learning_rate_follows_the_one_cycle_of_torch(epochs: int, batch_size: int) -> None:
    steps = -(-20 // batch_size)
    optimizer = SGD([torch.zeros(1)], lr=1.0)
    schedule = OneCycleLR(optimizer, 0.02, total_steps=epochs * steps)
    rates = []
    for _ in range(epochs * steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    passes, _ = run(params(epochs=epochs, batch_size=batch_size))
    assert [one.lr for one in passes] == rates[steps - 1 :: steps]


def test_every_image_counts_once_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    run(params(epochs=3, batch_size=7))
    assert "60.0/60.0" in capsys.readouterr().err


def test_the_caller_may_stop_after_any_epoch() -> None:
    network, seen = untrained().whole(), 0
    with Progress("train", 120, "images") as progress:
        for _ in fit(network, DATA, params(), progress):
            seen += 1
            if seen == 2:
                break
    assert seen == 2


@pytest.mark.parametrize("weight_decay", [1e3, 1e12])  # by which each step multiplies, not shrinks
def test_a_loss_that_is_no_number_stops_with_the_remedy(weight_decay: float) -> None:
    message = r"^the loss became (nan|inf) in epoch \d; lower train\.lr$"
    with pytest.raises(UserError, match=message):
        run(params(lr=1000).model_copy(update={"weight_decay": weight_decay}))


def test_a_label_beyond_the_classes_is_refused() -> None:
    with pytest.raises(IndexError):
        run(params(), Resident(DATA.images, DATA.labels + 1))


@pytest.mark.parametrize("key", ["seed", "epochs", "batch_size"])
@pytest.mark.parametrize("value", [-1, 2.0, None])
def test_parameters_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        Fit.model_validate({**params().model_dump(), key: value})


class Linear(nn.Module):
    """Give class 0 the logit 0, and class 1 `weight` times the one pixel."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[0.0, weight]]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).float() @ self.weight


def test_one_batch_by_hand() -> None:
    # Logits (0, log 3) and (0, 2 log 3): probabilities (1/4, 3/4) and (1/10, 9/10).
    network = Linear(log(3))
    images = torch.tensor([1, 2], dtype=torch.uint8).reshape(2, 1, 1, 1)
    loss, right = backward(network, images, torch.tensor([1, 0])).tolist()
    assert loss == pytest.approx(-log(3 / 4) - log(1 / 10), rel=1e-6)
    assert right == 1
    # The gradient of the mean loss: pixel x (probability - target), for class 1.
    gradient = (1 * (3 / 4 - 1) + 2 * (9 / 10 - 0)) / 2
    assert network.weight.grad is not None
    assert network.weight.grad[0].tolist() == pytest.approx([-gradient, gradient], rel=1e-6)


def test_gradients_add_up() -> None:
    network = Linear(1.0)
    images, labels = torch.ones(1, 1, 1, 1, dtype=torch.uint8), torch.tensor([0])
    backward(network, images, labels)
    assert network.weight.grad is not None
    once = network.weight.grad.clone()
    backward(network, images, labels)
    assert torch.equal(network.weight.grad, 2 * once)


def test_sums_of_a_batch_have_64_bits() -> None:
    sums = backward(Linear(1.0), torch.ones(1, 1, 1, 1, dtype=torch.uint8), torch.tensor([0]))
    assert sums.dtype == torch.float64
    assert not sums.requires_grad


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (torch.ones(2, 1, 1, 1), torch.zeros(2, dtype=torch.int64)),
        (torch.ones(2, 1, 1, 1).byte(), torch.zeros(3, dtype=torch.int64)),
        (torch.ones(2, 1, 1).byte(), torch.zeros(2, dtype=torch.int64)),
    ],
    ids=["float", "more labels", "no channels"],
)
def test_a_batch_of_another_shape_or_type_is_refused(
    images: torch.Tensor, labels: torch.Tensor
) -> None:
    with pytest.raises(TypeCheckError):
        backward(Linear(1.0), images, labels)


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_an_order_is_a_permutation(count: int) -> None:
    assert sorted(shuffled(count, 0, 0).tolist()) == list(range(count))


def test_an_order_depends_on_seed_and_epoch_alone() -> None:
    first = shuffled(100, 3, 5)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generator that must not matter
    shuffled(7, 3, 4)
    assert torch.equal(shuffled(100, 3, 5), first)


@pytest.mark.parametrize(("seed", "epoch"), [(3, 6), (4, 5), (5, 3)])
def test_another_seed_or_epoch_gives_another_order(seed: int, epoch: int) -> None:
    assert not torch.equal(shuffled(100, seed, epoch), shuffled(100, 3, 5))
