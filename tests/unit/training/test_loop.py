from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest
import torch
from learning import AT_ONCE, DATA, HELD_OUT, NEVER, begun, same, settings, stored, updates
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from toys import split

from stages.batches import Resident, to_device
from stages.errors import UserError
from stages.train import Train
from stages.training import loop
from stages.training.augmentation.augmenter import augmenter
from stages.training.augmentation.draws import Draws
from stages.training.augmentation.mixing import mixer
from stages.training.loop import Update, train_epoch
from stages.training.sampling import epoch_indices, epoch_size, limited, remaining_images
from stages.training.state import DivergedError
from stages.training.step import Step

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def rare_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOOK", NEVER)


def plain(params: Train, network: nn.Module) -> Iterator[tuple[float, float]]:
    """Train as every tutorial does; yield the mean loss and the accuracy of every epoch."""
    optimizer = torch.optim.SGD(network.parameters(), 0.05, 0.9, weight_decay=0.01, fused=True)
    scaler = torch.amp.GradScaler("cpu", enabled=params.precision == "fp16")
    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
    kind = kinds.get(params.precision, torch.float32)
    for epoch in range(params.epochs):
        network.train()
        losses, right = 0.0, 0
        rows = torch.from_numpy(np.random.default_rng((params.seed, epoch)).permutation(22))
        draws = Draws(params.seed, epoch, (22, 4, 5, 1), CPU)
        augment, mix = augmenter(params, draws), mixer(params, draws, 2)
        for batch in rows.split(params.batch_size):
            changed = augment(DATA.images[batch], batch)
            images, targets = mix(changed, DATA.labels[batch], batch)
            optimizer.zero_grad()
            with torch.autocast("cpu", kind, enabled=kind != torch.float32):
                logits = network(images)
            loss = cross_entropy(logits.float(), targets)
            scaler.scale(loss).backward()
            if params.clip_norm:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(network.parameters(), params.clip_norm)
            scaler.step(optimizer)
            scaler.update()
            losses += loss.item() * len(batch)
            labels = targets if targets.ndim == 1 else targets.argmax(1)
            right += int((logits.argmax(1) == labels).sum())
        yield losses / 22, right / 22


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"network": "mlp", "hidden": (6,)},
        {"clip_norm": 0.1},
        {"precision": "bf16"},
        {"precision": "fp16"},
        {"precision": "fp16", "clip_norm": 0.1},
        {"batch_size": 100, "channels_last": False},
        {"flip": "random", "crop_padding": 1},
        {"mixup": 0.3, "seed": 3},
    ],
    ids=str,
)
def test_steps_are_those_of_a_plain_loop(changes: dict[str, object]) -> None:
    params = settings(**changes)
    step = begun(params)
    reference = deepcopy(step.whole)
    expected = list(plain(params, reference))
    ended = [passed.tally for passed in fits(step, params) if passed.ended]
    for tally, (loss, accuracy) in zip(ended, expected, strict=True):
        assert tally.loss == pytest.approx(loss, rel=1e-12)
        assert tally.accuracy == accuracy
    assert same(step.whole.state_dict(), reference.state_dict())


def fits(step: Step, params: Train, data: Resident = DATA) -> Iterator[Update]:
    """Train all epochs with a caller that records them, and nothing else."""
    for _ in range(params.epochs):
        for update in train_epoch(step, data, params):
            if update.ended:
                step.learner.record(step.validate(HELD_OUT), update.tally, params)
            yield update


def test_accumulated_batches_are_one_big_batch() -> None:
    fitted = []
    for batch_size, accumulate in [(8, 1), (4, 2), (2, 4)]:
        params = settings(norm="none", batch_size=batch_size, accumulate=accumulate)
        step = begun(params)
        losses = [passed.tally.loss for passed in fits(step, params)]
        fitted.append((losses, list(step.whole.parameters())))
    for losses, weights in fitted[1:]:
        assert losses == pytest.approx(fitted[0][0], rel=1e-4)
        for weight, expected in zip(weights, fitted[0][1], strict=True):
            torch.testing.assert_close(weight, expected, rtol=1e-4, atol=1e-5)


RESTLESS = {"network": "mlp", "hidden": (8,), "dropout": 0.4, "ema": 0.9, "mixup": 0.4}


@pytest.mark.parametrize("look", [AT_ONCE, NEVER])
@pytest.mark.parametrize("save_steps", [1, 2, None])
def test_neither_time_nor_saving_changes_a_bit(look: float, save_steps: int | None) -> None:
    params = settings(**RESTLESS)
    expected = begun(params)
    updates(expected, params)
    step = begun(params)
    torch.rand(3)  # whatever was drawn before
    updates(step, settings(**RESTLESS, save_steps=save_steps), look=look)
    assert same(step.learner.state_dict(), expected.learner.state_dict())


def test_every_epoch_has_chances_of_its_own() -> None:
    seeds = []
    for seed in (0, 1):
        params = settings(seed=seed)
        seeds += [torch.initial_seed() for _ in fits(begun(params), params)]
    assert len(set(seeds)) == 6


def test_another_seed_gives_other_weights() -> None:
    first, other = (begun(settings(network="mlp", seed=seed)) for seed in (0, 1))
    other.learner.network.load_state_dict(first.learner.network.state_dict())
    for step, seed in [(first, 0), (other, 1)]:
        updates(step, settings(network="mlp", seed=seed))
    assert not same(first.learner.network.state_dict(), other.learner.network.state_dict())


RUNS: dict[str, dict[str, object]] = {
    "plateau": {
        "network": "mlp", "hidden": (8,), "dropout": 0.4, "schedule": "plateau", "nesterov": True,
    },
    "one_cycle": {"optimizer": "adamw", "schedule": "one_cycle", "ema": 0.9, "precision": "bf16"},
    "cosine": {"optimizer": "muon", "schedule": "cosine", "warmup_epochs": 1.0, "freeze": 1},
    "fp16": {
        "optimizer": "rmsprop", "lr": 0.001, "precision": "fp16", "accumulate": 2, "batch_size": 3,
        "clip_norm": 0.5, "ema": 0.5,
    },
    "augmented": {"mixup": 0.4, "cutmix": 0.4, "crop_padding": 1, "flip": "alternating"},
    "frozen": {
        "freeze": 2, "optimizer": "adam", "norm": "none", "hidden": (4,), "dropout": 0.5,
        "precision": "fp16", "sampling": "balanced",
    },
    "few": {"overfit_batches": 2, "network": "resnet_small", "filters": (8, 4), "best": "loss"},
    "patient": {"patience": 1, "lr": 1e-5, "class_weights": "balanced", "loss": "focal"},
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_a_restored_learner_goes_on_to_the_same_bits(name: str) -> None:
    params = settings(**RUNS[name])
    undisturbed = begun(params)
    count = len(updates(undisturbed, params, look=AT_ONCE))
    assert count > 4
    stopped = begun(params)
    stops = [0, 2, 4, count - 1]  # in an epoch, at its end, in the next one, at the end of all
    for start, stop in pairwise([-1, *stops]):
        updates(stopped, params, (stop - start - 1).__eq__, AT_ONCE)
        state = stored(stopped.learner.state_dict())
        torch.rand(3)  # whatever a new process draws
        stopped = begun(params)
        stopped.learner.load_state_dict(state)
    assert not updates(stopped, params)
    assert same(stopped.learner.state_dict(), undisturbed.learner.state_dict())
    assert same(stopped.learner.best, undisturbed.learner.best)


def test_an_update_ends_every_epoch() -> None:
    params = settings()
    assert [tuple(one[1:]) for one in updates(begun(params), params)] == [(22, True, True)] * 3
    params = settings(save_steps=2)
    expected = [(16, False, True), (6, True, True)] * 3
    assert [tuple(one[1:]) for one in updates(begun(params), params)] == expected
    expected = [(8, False, False), (8, False, True), (6, True, True)] * 3
    seen = updates(begun(params), params, look=AT_ONCE)
    assert [tuple(one[1:]) for one in seen] == expected
    assert [one.tally.images for one in seen] == [8, 16, 22] * 3


def test_what_is_frozen_thaws_after_its_epochs() -> None:
    params = settings(freeze=2)
    step = begun(params)
    network, seen = step.learner.network, []
    for passed in fits(step, params):
        assert passed.ended
        seen.append({name: held.clone() for name, held in network.state_dict().items()})
    names = [name for name in seen[0] if "weight" in name]
    body, head = [name for name in names if "head" not in name], "head.weight"
    assert all(torch.equal(seen[0][name], seen[1][name]) for name in body)
    assert not any(torch.equal(seen[1][name], seen[2][name]) for name in body)
    assert not torch.equal(seen[0][head], seen[1][head])


class Gone:
    """A loss that is no number from the call of a number on, from 1."""

    def __init__(self, call: int) -> None:
        self.left = call

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        self.left -= 1
        return cross_entropy(logits, targets) / (self.left > 0)


@pytest.mark.parametrize("look", [AT_ONCE, NEVER])
@pytest.mark.parametrize(
    ("call", "place"), [(1, "epoch 1, step 1"), (3, "epoch 1, step 3"), (5, "epoch 2, step 2")]
)
def test_a_loss_that_is_no_number_is_placed(
    call: int, place: str, look: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOOK", look)
    params = settings()
    step = begun(params)
    step.loss = Gone(call)
    with pytest.raises(DivergedError, match=f"^the loss became inf in {place}; lower train.lr$"):
        list(fits(step, params))


def test_memory_that_runs_out_is_a_users_matter() -> None:
    params = settings()
    step = begun(params)

    def full(logits: Tensor, targets: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory." + "!" * len(targets) * logits.ndim)

    step.loss = full
    with pytest.raises(UserError, match=r"^train\.batch_size 8 needs more memory"):
        list(fits(step, params))


@pytest.mark.parametrize(
    ("count", "changes", "expected"),
    [
        (22, {}, 22),
        (22, {"limit_batches": 2}, 16),
        (22, {"overfit_batches": 2}, 16),
        (22, {"limit_batches": 2, "accumulate": 3}, 16),
        (22, {"limit_batches": 99}, 22),
        (17, {}, 16),  # the 17th would be alone
        (17, {"accumulate": 2}, 16),
        (17, {"batch_size": 1}, 17),
        (1, {}, 1),
        (3, {"batch_size": 1, "overfit_batches": 1}, 1),
    ],
)
def test_the_images_of_an_epoch(count: int, changes: dict[str, object], expected: int) -> None:
    params = settings(**changes)
    assert epoch_size(count, params) == expected
    labels = torch.arange(count) % 2
    rows = [epoch_indices(labels, params, epoch).tolist() for epoch in (0, 1)]
    assert [len(set(one)) for one in rows] == [expected, expected]
    assert set(rows[0]) <= set(range(count))


def test_a_restored_run_has_fewer_images_left() -> None:
    params = settings(save_steps=2)
    step = begun(params)
    assert remaining_images(step.learner, 22, params) == 66
    assert sum(passed.images for passed in updates(step, params, lambda number: number == 2)) == 38
    assert remaining_images(step.learner, 22, params) == 28
    assert sum(passed.images for passed in updates(step, params)) == 28
    assert remaining_images(step.learner, 22, params) == 0


def test_a_dry_run_learns_and_judges_by_few_images() -> None:
    params = settings(limit_batches=1)
    first, other = (epoch_indices(DATA.labels, params, epoch).tolist() for epoch in (0, 1))
    assert set(first) != set(other), "as many images, not the same"
    held_out = limited(HELD_OUT, params)
    assert same(tuple(held_out), (HELD_OUT.images[:8], HELD_OUT.labels[:8]))
    assert same(tuple(limited(HELD_OUT, settings())), tuple(HELD_OUT))
    assert same(tuple(limited(HELD_OUT, settings(overfit_batches=1))), tuple(HELD_OUT))


@pytest.mark.parametrize("sampling", ["shuffle", "balanced"])
def test_overfitting_goes_over_the_same_images_again(sampling: str) -> None:
    params = settings(overfit_batches=2, sampling=sampling)
    rows = [epoch_indices(DATA.labels, params, epoch).tolist() for epoch in range(4)]
    assert len({tuple(one) for one in rows}) == 4, "in another order"
    assert len({frozenset(one) for one in rows}) == 1


def test_a_few_images_with_random_labels_are_learned_by_heart() -> None:
    images = to_device(split(40), CPU).images
    data = Resident(images, torch.randint(2, (40,), generator=torch.Generator().manual_seed(0)))
    changes = {"network": "mlp", "hidden": (64,), "optimizer": "adam", "lr": 0.01, "epochs": 40}
    params = settings(overfit_batches=2, **changes)
    *_, last = fits(begun(params, data), params, data)
    assert last.tally.images == 16
    assert last.tally.accuracy == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limit_batches": 2, "overfit_batches": 3}, "limit_batches is 2 and overfit_batches 3"),
        ({"epochs": 3, "warmup_epochs": 3.0}, "warmup_epochs is 3 of 3 epochs; it must be less"),
        ({"epochs": 3, "warmup_epochs": 3.5}, "warmup_epochs is 3.5 of 3 epochs"),
    ],
)
def test_pairings_that_cannot_work_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**changes)


COUNTS = ["epochs", "batch_size", "accumulate", "limit_batches", "overfit_batches", "save_steps"]


@pytest.mark.parametrize("key", COUNTS)
@pytest.mark.parametrize("value", [0, -1, 2.0, "2", True])
def test_counts_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        settings(**{key: value})


@pytest.mark.parametrize("value", [-1, 2**32, 0.0, None])
def test_a_seed_out_of_bounds_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="seed"):
        settings(seed=value)
