import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import chi2
from torch import Tensor

from reprise.counting import counted
from stages.training.temperature import CHANCE, RANGE, explanation, fit_temperature


def drawn(seed: int, count: int = 4000, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Return logits, and labels drawn with the probabilities that they mean."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    shares = np.exp(log_softmax(logits, 1))
    labels = (shares.cumsum(1) < rng.random((count, 1))).sum(1)
    return torch.from_numpy(logits).float(), torch.from_numpy(labels)


def test_calibrated_logits_stay_as_they_are() -> None:
    assert fit_temperature(*drawn(0)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("factor", [0.3, 0.7, 3.0, 10.0])
def test_what_was_multiplied_is_divided(factor: float) -> None:
    logits, labels = drawn(1)
    assert fit_temperature(factor * logits, labels) == pytest.approx(factor, rel=0.05)
    assert explanation(logits, labels, factor) == "fitted to val"


def platt(logits: np.ndarray, labels: np.ndarray, divisor: float) -> float:
    """Return the loss where every label is certain to (n + 1) / (n + 2), by hand."""
    images, classes = logits.shape
    targets = np.full((images, classes), 1 / (images + 2) / (classes - 1))
    targets[np.arange(images), labels] = (images + 1) / (images + 2)
    return float(-(targets * log_softmax(logits / divisor, 1)).sum(1).mean())


@pytest.mark.parametrize(("seed", "classes"), [(2, 4), (3, 2), (4, 11)])
def test_no_number_of_a_grid_is_better(seed: int, classes: int) -> None:
    logits, labels = drawn(seed, count=60, classes=classes)
    wide = 4 * logits.double().numpy()
    grid = np.geomspace(*RANGE, 4001)
    best = float(grid[np.argmin([platt(wide, labels.numpy(), t) for t in grid])])
    assert fit_temperature(4 * logits, labels) == pytest.approx(best, rel=2e-3)


def expected_calibration_error(logits: np.ndarray, labels: np.ndarray) -> float:
    shares = np.exp(log_softmax(logits, 1))
    sure, right = shares.max(1), shares.argmax(1) == labels
    bins = (sure * 15).astype(int)
    gaps = (abs((right[bins == b] - sure[bins == b]).sum()) for b in range(16))
    return float(sum(gaps)) / len(labels)


def test_an_overconfident_network_is_calibrated_as_before() -> None:
    logits, labels = drawn(5, count=3000)
    other, truth = (part.numpy() for part in drawn(6, count=3000))
    found = fit_temperature(5 * logits, labels)
    assert found == pytest.approx(5, rel=0.05)
    assert expected_calibration_error(5 * other, truth) > 0.1
    assert expected_calibration_error(5 * other / found, truth) < 0.03


@pytest.mark.parametrize("images", [1, 4, 45, 300])
@pytest.mark.parametrize("margin", [0.5, 3.0, 60.0])
def test_without_a_mistake_it_stays_1(images: int, margin: float) -> None:
    labels = torch.arange(images) % 3
    logits = torch.nn.functional.one_hot(labels, 3) * margin + torch.rand(images, 3) / 10
    assert fit_temperature(logits, labels) == 1
    assert explanation(logits, labels, 1.0) == (
        f"left at 1, because 0 mistakes among {counted(images, 'image')} of val give no best value"
    )


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_it_is_never_at_an_end_of_its_range(kind: torch.dtype) -> None:
    labels = torch.tensor([0, 1, 0, 1])
    perfect = (torch.nn.functional.one_hot(labels) * 10.0).to(kind)
    assert fit_temperature(perfect, 1 - labels) == 1  # all wrong: the best would be endless
    assert "4 mistakes among 4 images" in explanation(perfect, 1 - labels, 1.0)
    assert fit_temperature(torch.zeros(4, 2), labels) == 1
    assert fit_temperature(torch.zeros(4, 1), torch.zeros(4, dtype=torch.int64)) == 1


def test_chance_moves_it_once_in_twenty() -> None:
    moved = [fit_temperature(*drawn(seed, count=80)) != 1 for seed in range(200)]
    assert 2 <= sum(moved) <= 22  # 10 are expected


def test_a_gain_within_chance_leaves_it_at_1() -> None:
    logits, labels = drawn(0, count=100)
    assert fit_temperature(logits, labels) == 1
    assert explanation(logits, labels, 1.0) == (
        "left at 1, because a better fit to val is within chance"
    )
    assert chi2.ppf(0.95, 1) == pytest.approx(CHANCE, abs=0.01)


def test_small_vals_cost_next_to_nothing_on_other_images() -> None:
    """With the plain optimum, the loss rises by more than a tenth of a nat on average."""
    logits, labels = drawn(7)
    losses = list[float]()
    for seed in range(40):
        found = fit_temperature(*drawn(100 + seed, count=20))
        scaled = (torch.nn.functional.cross_entropy(logits / t, labels) for t in (found, 1.0))
        after, before = (loss.item() for loss in scaled)
        losses.append(after - before)
    assert np.mean(losses) < 0.01
