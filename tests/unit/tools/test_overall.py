import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_runs import CLASSES, run
from sklearn.metrics import accuracy_score, f1_score, recall_score

from stages.errors import UserError
from tools.repeating import overall
from tools.repeating.overall import other_splits, pooled, require_other_images, same_splits

ANSWERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@given(st.lists(ANSWERS, min_size=2, max_size=5))
def test_the_scores_are_those_of_scikit_learn(answers: list[list[tuple[int, int]]]) -> None:
    pairs = [([label for label, _ in rows], [said for _, said in rows]) for rows in answers]
    found = same_splits("repeat", (), [run(*pair) for pair in pairs])
    accuracies = [accuracy_score(*pair) for pair in pairs]
    macro = [f1_score(*pair, labels=np.unique(pair[0]), average="macro") for pair in pairs]
    assert found.spreads["accuracy"].mean == pytest.approx(np.mean(accuracies))
    assert found.spreads["accuracy"].sd == pytest.approx(np.std(accuracies, ddof=1))
    assert found.spreads["macro_f1"].mean == pytest.approx(np.mean(macro))
    assert found.spreads["loss"][:2] == (0.25, 0)

    recalls = np.array(
        [recall_score(*pair, labels=range(3), average=None, zero_division=np.nan) for pair in pairs]
    )
    for row, column in zip(found.classes, recalls.T, strict=True):
        known = column[~np.isnan(column)]
        mean = np.mean(known) if len(known) else None
        sd = np.std(known, ddof=1) if len(known) > 1 else None
        assert (row.recall_mean, row.recall_sd) == (
            None if mean is None else pytest.approx(mean),
            None if sd is None else pytest.approx(sd),
        )
    assert sum(row.images for row in found.classes) == sum(map(len, answers))


def test_classes_that_look_alike_are_told_apart() -> None:
    runs = [run([0, 1, 2], [0, 1, 2])] * 2
    names = ("cat", "cat", "dog\u202e")
    twins = [one._replace(predictions=one.predictions._replace(classes=names)) for one in runs]
    found = [row.name for row in same_splits("repeat", (), twins).classes]
    assert found == ["cat", "cat (2)", "dog\\u202e"]


def test_other_splits_overlap_by_what_they_learn_from() -> None:
    runs = [run([0, 1], [0, 1]), run([0, 1], [1, 1])]  # each learns from 4
    assert same_splits("repeat", (), runs).overlap == 0
    found = other_splits("folds", (), runs)
    assert found.overlap == 0.5
    # sd of 1 and 0.5 is 0.353553, t of 1 degree of freedom 12.706205, sqrt(1/2 + 1/2) is 1
    assert found.spreads["accuracy"].low == 0
    assert found.spreads["loss"].high == 0.25


def test_runs_that_all_scored_the_same_images_have_no_other_splits() -> None:
    one, again = run([0, 1], [0, 1], ["a", "b"]), run([1, 0], [1, 1], ["b", "a"])
    with pytest.raises(UserError, match=r"published test, .* preprocess\.splits=fresh"):
        require_other_images([one, again])
    require_other_images([one, again, run([0], [0], ["c"])])
    require_other_images([one, run([1, 0], [1, 1], ["a", "b"])])  # twins, told by their labels


def test_pooled_scores_by_hand() -> None:
    found = pooled(run([0, 0, 1, 1], [0, 0, 1, 0]).predictions)
    assert (found.images, found.accuracy) == (4, 0.75)
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    # Wilson 1927: (0.75 + z²/8 ± z sqrt(0.1875/4 + z²/64)) / (1 + z²/4), z = 1.959964
    assert (found.accuracy_low, found.accuracy_high) == pytest.approx(
        (0.300642, 0.954413), abs=1e-6
    )


def test_every_score_has_bounds() -> None:
    assert overall.BOUNDS.keys() == run([0], [0]).scores.keys()
    assert len(CLASSES) == 3
