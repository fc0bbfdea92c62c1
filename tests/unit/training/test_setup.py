from pathlib import Path

import pytest
import torch
from learning import DATA, HELD_OUT, begun, same, settings, updates
from safetensors.torch import save_file
from scipy.special import log_softmax
from torch import Tensor, nn
from toys import CARD, INTERFACE, split

from stages.artifacts.history import Epoch
from stages.batches import Resident, to_device
from stages.errors import UserError
from stages.nets import network
from stages.nets.network import Network
from stages.scores import predict
from stages.training import setup
from stages.training.pretrained import SOURCE
from stages.training.setup import build_step
from stages.training.temperature import calibrate
from stages.training.tensorboard import panels


def test_weights_are_those_of_the_seed() -> None:
    torch.rand(3)
    params = settings(seed=5)
    made = begun(params).learner.network
    torch.manual_seed(5)
    expected = network.build(params.part(Network), INTERFACE)
    assert same(made.state_dict(), expected.state_dict())
    assert not same(begun(settings(seed=6)).learner.network.state_dict(), expected.state_dict())


def test_pixels_are_normalised_before_the_network() -> None:
    step = begun(settings())
    normalised = (DATA.images / 255 - 0.5) / 0.25
    logits = step.learner.network.eval()(normalised.permute(0, 3, 1, 2))
    torch.testing.assert_close(step.whole.eval()(DATA.images), logits, rtol=1e-4, atol=1e-5)


class Curious(nn.Module):
    """Remember what it is shown before it learns."""

    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(20, 2)

    def initialize(self, images: Tensor) -> None:
        self.seen = images

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layer(images.flatten(1))
        return logits


@pytest.mark.parametrize(("pixels", "count"), [(100_000, 22), (60, 3), (59, 2), (1, 1)])
def test_a_network_that_wants_to_sees_some_images(
    pixels: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Curious()
    monkeypatch.setattr(network, "build", lambda *_: made)
    monkeypatch.setattr(setup, "INITIAL_PIXELS", pixels)
    begun(settings())
    expected = (DATA.images[:count] / 255 - 0.5) / 0.25
    torch.testing.assert_close(made.seen, expected.permute(0, 3, 1, 2))


def test_given_weights_are_copied_but_for_the_head_of_other_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    other = begun(settings(seed=9)).learner.network.state_dict()
    given = {name: held.contiguous() for name, held in other.items()}
    SOURCE.mkdir(parents=True)
    place = str(SOURCE / "other.safetensors")
    three = {"head.weight": torch.zeros(3, 8), "head.bias": torch.zeros(3)}
    save_file(given | three, place)
    made = begun(settings(weights=place)).learner
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["head.weight", "head.bias"]
    body = [name for name in given if "head" not in name]
    assert all(torch.equal(made.network.state_dict()[name], given[name]) for name in body)


def test_the_average_starts_from_the_weights() -> None:
    learner = begun(settings(ema=0.9)).learner
    assert same(learner.weights(), learner.network.state_dict())


def test_classes_weigh_by_their_counts() -> None:
    data = Resident(DATA.images, torch.tensor([0] * 20 + [1] * 2))
    step = begun(settings(class_weights="balanced"), data)
    logits = torch.tensor([[0.0, 0.0], [0.0, 3.0]])
    weights = torch.tensor([22 / 40, 22 / 4])
    expected = nn.functional.cross_entropy(logits, torch.tensor([0, 1]), weights)
    torch.testing.assert_close(step.loss(logits, torch.tensor([0, 1])), expected)


def test_classes_without_images_are_counted() -> None:
    interface = INTERFACE.model_copy(update={"classes": ("a", "b", "c")})
    params = settings(class_weights="balanced")
    with pytest.raises(UserError, match=r"no image of the classes \[2\]"):
        build_step(params, CARD.model_copy(update={"interface": interface}), DATA)


def test_compiling_on_a_cpu_is_refused() -> None:
    with pytest.raises(UserError, match=r"^train\.compile is true, but training runs on cpu"):
        begun(settings(compile=True))


def test_the_finished_classifier_is_the_best_one_with_its_temperature() -> None:
    params = settings(epochs=4, ema=0.5)
    step = begun(params)
    updates(step, params)
    best = {name: held.clone() for name, held in step.learner.best.items()}
    images, labels = to_device(split(400, seed=1), torch.device("cpu"))
    labels[::3] = 1 - labels[::3]  # of which a network that is right is too sure
    fitted = calibrate(step, CARD, Resident(images, labels)).classifier
    assert same(fitted.network.state_dict(), best)
    logits = predict(fitted.whole(), Resident(images, labels), 4).double()
    grid = torch.linspace(-3, 3, 4001).exp().tolist()
    losses = [-log_softmax(logits / t, 1)[range(400), labels].mean() for t in grid]
    assert fitted.card.temperature == pytest.approx(grid[losses.index(min(losses))], rel=0.02)
    assert fitted.card.calibration == "fitted to val"
    assert fitted.card.network == CARD.network


def test_where_val_has_no_mistake_the_card_says_that_nothing_was_fitted() -> None:
    step = begun(params := settings(epochs=6))
    updates(step, params)
    card = calibrate(step, CARD, HELD_OUT).classifier.card
    assert card.temperature == 1
    assert card.calibration.startswith("left at 1, because 0 mistakes among 10 images of val")


def test_batch_norm_is_not_given_single_images() -> None:
    with pytest.raises(UserError, match=r"train.batch_size is 1, but .* batch norm.* 2 or more"):
        begun(settings(batch_size=1))


def test_single_images_suit_a_network_without_batch_norm() -> None:
    begun(settings(batch_size=1, norm="none"))


def test_the_card_and_the_board_hold_no_secret_of_an_address() -> None:
    secret = "hunter2"  # noqa: S105
    place = f"https://me:{secret}@host/w.pth?token={secret}"
    params = settings(weights=place, weights_sha256="0" * 64)
    card = setup.initial_card(params, INTERFACE)
    assert card.training["weights"] == "https://host/w.pth"
    best = Epoch(1, 0.5, 0.5, 0.5, 0.5, 0.1)
    assert secret not in str([*panels.parameters(params, best)])
    assert setup.initial_card(settings(), INTERFACE).training["weights"] == "none"
