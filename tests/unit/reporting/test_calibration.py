import numpy as np
import pytest

from stages.artifacts.report import Bin
from stages.reporting.calibration import expected_error, histogram, reliability


def looped(confidence: np.ndarray, right: np.ndarray) -> tuple[float, list[int]]:
    """Return the expected calibration error as Guo et al. write it, and the images of each bin."""
    error, counts = 0.0, []
    for m in range(1, 16):
        inside = (confidence > (m - 1) / 15) & (confidence <= m / 15)
        counts.append(int(inside.sum()))
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            error += inside.sum() / len(right) * gap
    return error, counts


@pytest.mark.parametrize("seed", range(3))
def test_the_error_is_that_of_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.random(500)
    right = rng.random(500) < confidence**2
    bins = reliability(confidence, right)
    error, counts = looped(confidence, right)
    assert expected_error(bins) == pytest.approx(error)
    assert [part.images for part in bins] == [count for count in counts if count]


def test_a_bin_holds_its_upper_edge() -> None:
    confidence = np.arange(1, 16) / 15
    bins = reliability(confidence, np.ones(15, bool))
    assert [part.images for part in bins] == [1] * 15
    assert [part.high for part in bins] == [part.confidence for part in bins]


def test_bins_by_hand() -> None:
    bins = reliability(np.array([0.62, 0.64, 1.0]), np.array([True, False, True]))
    assert bins == [
        pytest.approx(Bin(9 / 15, 10 / 15, 2, 0.63, 0.5)),
        Bin(14 / 15, 1.0, 1, 1.0, 1.0),
    ]
    assert expected_error(bins) == pytest.approx(2 / 3 * 0.13)


def test_a_sum_of_probabilities_just_above_1_is_in_the_last_bin() -> None:
    assert reliability(np.array([1 + 1e-15]), np.array([True]))[0].high == 1.0


def test_a_model_that_is_sure_and_right_has_no_error() -> None:
    assert expected_error(reliability(np.ones(4), np.ones(4, bool))) == 0.0


def test_a_model_that_is_sure_and_wrong_has_an_error_of_1() -> None:
    assert expected_error(reliability(np.ones(4), np.zeros(4, bool))) == 1.0


def test_the_histogram_counts_right_and_wrong() -> None:
    bars = histogram(np.array([0.51, 0.52, 0.99, 1.0, 0.55]), np.array([1, 0, 1, 1, 0], bool))
    assert len(bars) == 20
    assert [(bar.right, bar.wrong) for bar in bars if bar.right or bar.wrong] == [(1, 2), (2, 0)]
    assert [bar.confidence for bar in bars][::19] == [0.025, 0.975]
