import numpy as np
import pytest

from stages.artifacts.report import HEADERS, Tables
from stages.reporting.tables import tabulate


def some(images: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(classes), images), rng.integers(0, classes, images)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_tables_agree_with_one_another(classes: int) -> None:
    probabilities, labels = some(500, classes)
    tables = tabulate(probabilities, labels, [str(number) for number in range(classes)])
    assert len(tables.classes) == classes
    assert sum(row.images for row in tables.classes) == 500
    assert sum(part.images for part in tables.reliability) == 500
    right = int((probabilities.argmax(1) == labels).sum())
    assert sum(bar.right for bar in tables.confidence) == right
    assert sum(bar.wrong for bar in tables.confidence) == 500 - right
    assert sum(part.accuracy * part.images for part in tables.reliability) == pytest.approx(right)


def test_a_table_is_small_for_1000_classes() -> None:
    probabilities, labels = some(5000, 1000)
    tables = tabulate(probabilities, labels, [str(number) for number in range(1000)])
    assert max(map(len, tables)) <= 1000


def test_confidence_is_the_probability_of_the_predicted_class() -> None:
    tables = tabulate(np.array([[0.1, 0.9], [0.7, 0.3]]), np.array([1, 1]), ("a", "b"))
    found = [(part.confidence, part.accuracy) for part in tables.reliability]
    assert found == [(0.7, 0.0), (0.9, 1.0)]


def test_one_image_has_no_curves() -> None:
    tables = tabulate(np.array([[0.25, 0.75]]), np.array([1]), ("a", "b"))
    assert (tables.roc, tables.precision_recall) == ([], [])
    assert len(tables.reliability) == 1


def test_every_table_has_a_header() -> None:
    assert tuple(HEADERS) == Tables._fields
