import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import Tensor

from stages.training.temperature import RANGE, temperature


def drawn(seed: int, count: int = 4000, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Return logits, and labels drawn with the probabilities that they mean."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    shares = np.exp(log_softmax(logits, 1))
    labels = (shares.cumsum(1) < rng.random((count, 1))).sum(1)
    return torch.from_numpy(logits).float(), torch.from_numpy(labels)


def test_calibrated_logits_stay_as_they_are() -> None:
    assert temperature(*drawn(0)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("factor", [0.2, 0.7, 3.0, 10.0])
def test_what_was_multiplied_is_divided(factor: float) -> None:
    logits, labels = drawn(1)
    expected = factor * temperature(logits, labels)
    assert temperature(factor * logits, labels) == pytest.approx(expected, rel=1e-3)


def test_no_number_of_a_grid_is_better() -> None:
    logits, labels = drawn(2, count=60)
    wide = 4 * logits.double().numpy()
    grid = np.geomspace(*RANGE, 4001)
    losses = [-log_softmax(wide / t, 1)[range(60), labels.numpy()].mean() for t in grid]
    best = float(grid[np.argmin(losses)])
    assert temperature(4 * logits, labels) == pytest.approx(best, rel=2e-3)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_it_stays_in_bounds(kind: torch.dtype) -> None:
    labels = torch.tensor([0, 1, 0, 1])
    perfect = (torch.nn.functional.one_hot(labels) * 10.0).to(kind)
    assert RANGE[0] <= temperature(perfect, labels) < 0.5  # where the loss is 0 all around
    assert RANGE[1] / 1.2 < temperature(perfect, 1 - labels) <= RANGE[1]
    assert RANGE[0] <= temperature(torch.zeros(4, 2), labels) <= RANGE[1]
