import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from stages.reporting.risk_coverage import POINTS, risk_points, risks


def test_five_images_by_hand() -> None:
    confidence = np.array([0.5, 0.9, 0.8, 0.6, 0.7])
    right = np.array([False, True, False, True, True])
    expected = [0, 1 / 2, 1 / 3, 1 / 4, 2 / 5]
    np.testing.assert_allclose(risks(confidence, right), expected)
    assert [point.risk for point in risk_points(confidence, right)] == pytest.approx(expected)
    assert [point.coverage for point in risk_points(confidence, right)] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 1]
    )
    assert [point.confidence for point in risk_points(confidence, right)] == [
        0.9,
        0.8,
        0.7,
        0.6,
        0.5,
    ]


def test_equals_share_their_mistakes() -> None:
    found = risks(np.array([0.5, 0.5, 0.5, 0.9]), np.array([True, False, False, True]))
    np.testing.assert_allclose(found, [0, (2 / 3) / 2, (4 / 3) / 3, 2 / 4])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_images_changes_nothing(
    rows: list[tuple[int, bool]], random: object
) -> None:
    def area(pairs: list[tuple[int, bool]]) -> float:
        sure, right = zip(*pairs, strict=True)
        return float(risks(np.array(sure) / 5, np.array(right)).mean())

    moved = [*rows]
    random.shuffle(moved)  # type: ignore[attr-defined]
    assert area(moved) == pytest.approx(area(rows))


def test_it_is_one_minus_the_precision_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    confidence, right = rng.permutation(300) / 300, rng.random(300) < 0.7
    precision, _, _ = precision_recall_curve(right, confidence)
    np.testing.assert_allclose(risks(confidence, right), 1 - precision[:-1][::-1])


def test_of_many_images_both_ends_are_kept() -> None:
    rng = np.random.default_rng(0)
    points = risk_points(rng.random(5000), rng.random(5000) < 0.9)
    assert len(points) == POINTS
    assert (points[0].coverage, points[-1].coverage) == (1 / 5000, 1)
