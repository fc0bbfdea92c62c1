import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import brier_score_loss

from stages.reporting import calibration
from stages.reporting.calibration import certainty

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 4, (50, 3)).astype(np.float32)
LABELS = RNG.integers(0, 3, 50)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_loss_brier_and_confidence_are_those_of_others(temperature: float) -> None:
    found = certainty(LOGITS, LABELS, temperature)
    scaled = torch.from_numpy(LOGITS).double() / temperature
    probabilities = scaled.softmax(1).numpy()
    loss = F.cross_entropy(scaled, torch.from_numpy(LABELS), reduction="none")
    brier = brier_score_loss(LABELS, probabilities, scale_by_half=False)
    np.testing.assert_allclose(found.loss, loss)
    assert found.brier.mean() == pytest.approx(brier)
    np.testing.assert_allclose(found.confidence, probabilities.max(1))
    np.testing.assert_array_equal(found.right, probabilities.argmax(1) == LABELS)


def test_by_hand() -> None:
    found = certainty(np.array([[np.log(3), 0.0]] * 2), np.array([0, 1]), 1.0)
    np.testing.assert_allclose(found.loss, [np.log(4 / 3), np.log(4)])
    np.testing.assert_allclose(found.brier, [2 / 16, 2 * 9 / 16])
    np.testing.assert_allclose(found.confidence, [0.75, 0.75])
    assert found.right.tolist() == [True, False]


def test_huge_logits_have_a_finite_loss() -> None:
    found = certainty(np.array([[5e4, -5e4]]), np.array([1]), 1.0)
    assert found.loss.tolist() == [1e5]
    assert found.brier.tolist() == [2.0]


def test_a_perfect_model_loses_nothing_and_not_minus_nothing() -> None:
    found = certainty(np.eye(3) * 1000, np.arange(3), 1.0)
    assert repr(found.loss.tolist()) == repr(found.brier.tolist()) == "[0.0, 0.0, 0.0]"


def test_in_chunks_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = certainty(LOGITS, LABELS, 2.0)
    monkeypatch.setattr(calibration, "CHUNK", 7)  # two images at once
    for part, expected in zip(certainty(LOGITS, LABELS, 2.0), whole, strict=True):
        np.testing.assert_array_equal(part, expected)
