from collections.abc import Iterator
from typing import Any

import pytest
import torch
from learning import DATA, HELD_OUT, begun, same, settings, stored, updates
from together import together
from torch import Tensor, nn

from stages import train as stage
from stages.batches import Resident
from stages.errors import UserError
from stages.nets.introspection import head
from stages.train import Train, train
from stages.training import features, loop
from stages.training.features import Lesson, keep
from stages.training.step import Step
from stages.world import World

FROZEN: dict[str, object] = {"freeze": "backbone", "epochs": 3}
KEPT: dict[str, dict[str, object]] = {  # by what is special about them
    "norm": {"network": "cnn", "filters": (4, 8), "norm": "batch"},
    "dropout before the head": {"network": "cnn", "filters": (4, 8), "dropout": 0.5},
    "dropout before frozen layers": {"network": "mlp", "hidden": (6, 5), "dropout": 0.3},
    "bf16": {"network": "cnn", "filters": (4, 8), "precision": "bf16"},
    "a step of batches": {"network": "mlp", "batch_size": 3, "accumulate": 4, "ema": 0.9},
    "rare classes": {"sampling": "balanced", "class_weights": "balanced", "clip_norm": 0.1},
    "thawed": {"network": "resnet_small", "filters": (8, 8), "freeze": 2, "epochs": 4},
    "recomputed": {"network": "resnet_small", "filters": (8, 8), "grad_checkpointing": True},
    "torchvision": {"network": "torchvision", "architecture": "shufflenet_v2_x0_5"},
    "timm": {"network": "timm", "architecture": "resnet10t", "epochs": 2},
}
CHANGING: dict[str, dict[str, object]] = {
    "nothing is frozen": {"freeze": "none"},
    "images are flipped": {"flip": "random"},
    "images are mixed": {"mixup": 0.2},
    "a dry run": {"limit_batches": 1},
    "branches are dropped": {
        "network": "timm", "architecture": "resnet10t", "drop_path": 0.1,
    },
}  # fmt: skip


def images_seen(step: Step) -> list[int]:
    """Return a list that receives how many images the network is given, a batch an item."""
    seen = list[int]()

    def count(_: nn.Module, inputs: tuple[Tensor]) -> None:
        seen.append(len(inputs[0]))

    step.learner.network.register_forward_pre_hook(count)
    return seen


@pytest.mark.parametrize("changes", KEPT.values(), ids=KEPT)
def test_kept_or_computed_again_in_every_epoch_the_bytes_are_the_same(
    changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = settings(**FROZEN | changes)
    step, epochs = begun(params), loop.train_epoch
    updates(step, params)
    again, found = begun(params), list[bool]()

    def compute_again(given: Step, data: Resident, params: Train) -> Iterator[Any]:
        lesson = keep(Lesson(again, DATA, HELD_OUT), params)
        found.append(lesson is not None)
        assert found[-1] == (given is not again)
        return epochs(*(lesson[:2] if lesson else (given, data)), params)

    monkeypatch.setattr(stage, "train_epoch", compute_again)
    updates(again, params)
    assert same(stored(again.learner.state_dict()), stored(step.learner.state_dict()))
    frozen = params.epochs if params.freeze == "backbone" else int(params.freeze)
    assert found == [epoch < frozen for epoch in range(params.epochs)]


@pytest.mark.parametrize("name", ["norm", "dropout before frozen layers", "thawed", "timm"])
def test_the_head_learns_what_it_does_without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Batches of other images, or of another size, may round otherwise in the last bits.
    params, weights = settings(**FROZEN | KEPT[name]), []
    for kept in (True, False):
        if not kept:
            monkeypatch.setattr(stage, "keep", lambda *_: None)
        step = begun(params)
        updates(step, params)
        weights.append(step.learner.network.state_dict())
    for layer, weight in weights[0].items():
        torch.testing.assert_close(weight, weights[1][layer], rtol=1e-4, atol=1e-5)


def test_the_backbone_runs_once(capsys: pytest.CaptureFixture[str]) -> None:
    params = settings(network="mlp", **FROZEN | {"epochs": 20})
    step = begun(params)
    seen = images_seen(step)
    updates(step, params)
    trial = 1 + 8 * (features.TRIALS + 1)  # an image, then a batch in several ways
    assert sum(seen) == trial + len(DATA.labels) + len(HELD_OUT.labels)
    assert "features" in capsys.readouterr().err


@pytest.mark.parametrize("changes", CHANGING.values(), ids=CHANGING)
def test_what_may_change_is_computed_in_every_epoch(changes: dict[str, object]) -> None:
    step = begun(params := settings(**FROZEN | changes))
    assert keep(Lesson(step, DATA, HELD_OUT), params) is None


def test_a_layer_that_changes_features_in_training_alone_is_noticed() -> None:
    class Noisy(nn.Module):
        def forward(self, found: Tensor) -> Tensor:
            return found + torch.rand_like(found) if self.training else found

    step = begun(params := settings(network="mlp", **FROZEN))
    last = head(step.learner.network)
    assert keep(Lesson(step, DATA, HELD_OUT), params)
    step.whole[0] = nn.Sequential(step.whole[0], Noisy())  # type: ignore[index,operator]
    assert keep(Lesson(step, DATA, HELD_OUT), params) is None
    assert head(step.learner.network) is last


def test_what_is_computed_between_in_training_alone_is_noticed() -> None:
    class Functional(nn.Module):
        def __init__(self, backbone: nn.Module, last: nn.Module, share: float) -> None:
            super().__init__()
            self.backbone, self.head, self.share = backbone, last, share

        def forward(self, images: Tensor) -> Tensor:
            found = nn.functional.dropout(self.backbone(images), self.share, self.training)
            logits: Tensor = self.head(found)
            return logits

    step = begun(params := settings(network="mlp", **FROZEN))
    normalize, whole = step.whole.children()
    last = head(whole)
    assert isinstance(last, nn.Linear)
    for share, kept in ((0.0, True), (0.5, False)):
        flat = nn.Flatten()(normalize(DATA.images[:1]))
        backbone = nn.Sequential(nn.Flatten(), nn.Linear(flat.shape[1], last.in_features))
        step.learner.network = Functional(backbone, last, share)
        step.whole = nn.Sequential(normalize, step.learner.network)
        assert (keep(Lesson(step, DATA, HELD_OUT), params) is not None) is kept


@pytest.mark.parametrize("stopped", [1, 2, 3])
def test_stopped_after_an_epoch_it_goes_on_to_the_same_bytes(stopped: int) -> None:
    params = settings(**FROZEN | KEPT["thawed"])
    step = begun(params)
    updates(step, params)
    killed, resumed = begun(params), begun(params)
    updates(killed, params, lambda number: number == stopped - 1)
    resumed.learner.load_state_dict(stored(killed.learner.state_dict()))
    seen = images_seen(resumed)
    updates(resumed, params)
    assert same(stored(resumed.learner.state_dict()), stored(step.learner.state_dict()))
    assert seen  # of thawed epochs, or for the features


@pytest.mark.parametrize("processes", [2, 3])
def test_any_number_of_processes_gives_the_same_bytes(processes: int) -> None:
    params = settings(**FROZEN | KEPT["a step of batches"])

    def learned(world: World) -> Any:  # noqa: ANN401
        step = begun(params)
        step.join(world)
        assert keep(Lesson(step, DATA, HELD_OUT), params)
        for _ in train(step, DATA, HELD_OUT, params):
            pass
        return stored({"state": step.learner.state_dict(), "best": step.learner.best})

    (expected,) = together(1, learned)
    for found in together(processes, learned):
        assert same(found, expected)


def test_features_beyond_the_memory_are_refused_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(features, "free_memory", lambda: 1000)
    step = begun(params := settings(network="mlp", **FROZEN))
    with pytest.raises(UserError, match=r"train\.freeze: .* of 32 images, .* set train\.flip"):
        keep(Lesson(step, DATA, HELD_OUT), params)
