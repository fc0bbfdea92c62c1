import numpy as np
import pytest
from scipy.stats import binom

from tools.comparing.paired_test import Answer, Pair, Shift, changed, difference, match, shifts


def answer(path: str, label: str, predicted: str, probability: float = 0.75) -> Answer:
    return Answer(path, label, predicted, probability)


def pairs(lost: int, won: int, both: int, neither: int = 0) -> list[Pair]:
    kinds = ((lost, "y", "n"), (won, "n", "y"), (both, "y", "y"), (neither, "n", "n"))
    return [Pair("p", "y", a, b, 1.0, 1.0) for count, a, b in kinds for _ in range(count)]


def test_images_are_matched_by_path_in_whatever_order() -> None:
    a = [answer("1", "x", "x", 0.5), answer("2", "y", "x"), answer("3", "y", "y")]
    b = [answer("4", "x", "x"), answer("2", "y", "y", 0.25), answer("1", "x", "y")]
    matched = match(a, b)
    assert matched.pairs == [
        Pair("1", "x", "x", "y", 0.5, 0.75),
        Pair("2", "y", "x", "y", 0.75, 0.25),
    ]
    assert matched[1:] == (1, 1, 0)


def test_images_with_two_labels_are_counted_and_left_out() -> None:
    matched = match([answer("1", "x", "x"), answer("2", "x", "x")], [answer("1", "y", "y")])
    assert matched == ([], 1, 0, 1)


def test_images_of_one_path_are_matched_in_their_order() -> None:
    a = [answer("p", "x", "x"), answer("p", "y", "x")]
    b = [answer("p", "x", "z"), answer("p", "y", "y"), answer("p", "y", "y")]
    matched = match(a, b)
    assert [(pair.label, pair.b) for pair in matched.pairs] == [("x", "z"), ("y", "y")]
    assert matched.only_b == 1


def test_nothing_matches_nothing() -> None:
    assert match([], [answer("p", "x", "x")]) == ([], 0, 1, 0)


@pytest.mark.parametrize(
    ("lost", "won", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 64), (1, 7, 18 / 256), (7, 1, 18 / 256)],
)
def test_mcnemar_by_hand(lost: int, won: int, p_value: float) -> None:
    found = difference(pairs(lost, won, both=9))
    assert found.p_value == pytest.approx(p_value)
    assert (found.only_a_right, found.only_b_right) == (lost, won)


def test_mcnemar_is_twice_a_tail_of_the_binomial() -> None:
    found = difference(pairs(lost=20, won=38, both=900))
    assert found.p_value == pytest.approx(2 * binom.cdf(20, 58, 0.5))


def test_accuracies_by_hand() -> None:
    found = difference(pairs(lost=1, won=3, both=4, neither=2))
    assert (found.accuracy_a, found.accuracy_b) == (0.5, 0.7)


def test_the_interval_is_that_of_drawing_images() -> None:
    gains = np.array([pair.gain for pair in pairs(lost=30, won=50, both=320)])
    rng = np.random.default_rng(1)
    means = gains[rng.integers(0, 400, (10_000, 400))].mean(1)
    found = difference(pairs(lost=30, won=50, both=320))
    assert (found.low, found.high) == pytest.approx(
        tuple(np.percentile(means, [2.5, 97.5])), abs=3e-3
    )


def test_runs_that_agree_differ_by_nothing() -> None:
    found = difference(pairs(lost=0, won=0, both=3, neither=1))
    assert found == (0.75, 0.75, 0.0, 0.0, 0, 0, 1.0)


def test_the_same_pairs_give_the_same_interval() -> None:
    assert difference(pairs(3, 5, 90)) == difference(pairs(3, 5, 90))


def test_classes_that_changed_are_listed_by_images() -> None:
    answers = [("x", "x", "x"), ("x", "x", "y"), ("y", "x", "y"), ("y", "z", "y"), ("z", "x", "y")]
    rows = [Pair("p", label, a, b, 1.0, 1.0) for label, a, b in answers]
    assert shifts(rows) == [Shift("y", 2, 0, 2), Shift("x", 2, 2, 1)]


def test_images_that_changed_begin_with_those_lost() -> None:
    answers = [("same", "y", "y"), ("other", "q", "r"), ("won", "q", "y"), ("lost", "y", "q")]
    rows = [Pair(path, "y", a, b, 1.0, 1.0) for path, a, b in answers]
    assert [pair.path for pair in changed(rows)] == ["lost", "won", "other"]
