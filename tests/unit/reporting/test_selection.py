import numpy as np
import pytest

from stages.reporting.gallery import CLASSES, EXTREMES, Judged, hardest, mistakes, uncertain


def judged(labels: list[int], predictions: list[int], confidences: list[float]) -> Judged:
    images = np.zeros((len(labels), 4, 4, 1), np.uint8)
    paths = [f"{row}.png" for row in range(len(labels))]
    names = [f"class {label}" for label in range(max([*labels, *predictions, 0]) + 1)]
    return Judged(
        images,
        np.array(labels, np.int64),
        np.array(predictions, np.int64),
        np.array(confidences, float),
        names,
        paths,
    )


ASKED = judged([0, 0, 1, 1, 2, 2], [0, 1, 1, 0, 2, 0], [0.9, 0.5, 0.4, 0.8, 0.6, 0.8])


def test_mistakes_come_with_the_most_confident_first_and_ties_in_their_order() -> None:
    assert mistakes(ASKED).tolist() == [3, 5, 1]


def test_right_answers_come_with_the_least_confident_first() -> None:
    assert uncertain(ASKED).tolist() == [2, 4, 0]


def test_only_some_are_chosen() -> None:
    many = judged([0] * 50, [1] * 25 + [0] * 25, np.linspace(0.5, 1, 50).tolist())
    assert mistakes(many).tolist() == list(range(24, 24 - EXTREMES, -1))
    assert uncertain(many).tolist() == list(range(25, 25 + EXTREMES))


@pytest.mark.parametrize(
    ("predictions", "wrong", "right"), [([0, 1], 0, 2), ([1, 0], 2, 0), ([0, 0], 1, 1)]
)
def test_a_model_may_be_perfect_or_always_wrong(
    predictions: list[int], wrong: int, right: int
) -> None:
    asked = judged([0, 1], predictions, [0.5, 0.5])
    assert (len(mistakes(asked)), len(uncertain(asked))) == (wrong, right)


def test_few_classes_are_all_there_in_their_order() -> None:
    found = [(each.label, each.rows.tolist(), each.right) for each in hardest(ASKED)]
    assert found == [(0, [0, 1], 1), (1, [2, 3], 1), (2, [4, 5], 1)]


def test_a_class_without_images_is_left_out() -> None:
    assert [each.label for each in hardest(judged([5, 2, 5], [0, 2, 5], [1, 1, 1]))] == [2, 5]


def test_no_image_has_no_class() -> None:
    assert hardest(judged([], [], [])) == []


def test_of_many_classes_the_worst_are_there_the_worst_first() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 40, 2000)
    predictions = np.where(rng.random(2000) < labels / 50, labels, 40)
    found = hardest(judged(labels.tolist(), predictions.tolist(), [1.0] * 2000))
    recalls = [(predictions[labels == label] == label).mean() for label in range(40)]
    assert [each.label for each in found] == np.argsort(recalls, kind="stable")[:CLASSES].tolist()
    for each in found:
        assert each.rows.tolist() == np.flatnonzero(labels == each.label).tolist()
        assert each.right / len(each.rows) == recalls[each.label]
