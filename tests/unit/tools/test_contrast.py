from collections.abc import Sequence

import numpy as np
import pytest
from studies import complete, study

from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.searching.contrast import compared, plain, verdict_lines, warnings

FOUND = study([complete(0, 0.5), complete(1, 0.9, lr=0.1)])


def run(predicted: Sequence[int], prefix: str = "") -> Predictions:
    paths = [f"{prefix}{number}.png" for number in range(len(predicted))]
    labels, said = np.zeros(len(predicted), dtype=np.int64), np.array(predicted)
    return Predictions(("a", "b"), paths, labels, said, np.eye(2, dtype=np.float32)[said])


def test_the_best_is_b_and_the_test_is_mcnemars() -> None:
    found = compared(run([1] * 6 + [0] * 4), run([0] * 10))
    assert (found.found.accuracy_a, found.found.accuracy_b) == (0.4, 1)
    assert found.found.p_value == pytest.approx(2 / 2**6)
    assert plain(FOUND, found) == (
        "On test, the best is better than the default by more than chance: "
        "accuracy 1.0000 against 0.4000."
    )
    assert verdict_lines(found)[0] == "on test, A is the default, B the best:"


def test_it_may_be_worse_or_chance() -> None:
    assert "worse than the default" in plain(FOUND, compared(run([0] * 6), run([1] * 6)))
    # 5 of 5 are no more than chance may give: p = 2 / 2 ** 5 = 0.0625
    assert "chance alone may explain" in plain(FOUND, compared(run([1] * 5), run([0] * 5)))
    assert "chance alone may explain" in plain(FOUND, compared(run([0]), run([0])))


def test_a_comparison_on_val_says_that_it_is_optimistic() -> None:
    of_val = "\n".join(warnings(FOUND, compared(run([1]), run([0]), "val")))
    assert "The comparison, too, is optimistic: it is on val, not on test" in of_val
    of_test = [*warnings(FOUND, compared(run([1]), run([0])))]
    assert of_test[0].startswith("val_accuracy of the best is optimistic: it is the best of 2")
    assert "fair" in of_test[1]


def test_the_only_score_is_not_optimistic() -> None:
    assert [*warnings(study([complete(0, 0.5)]), None)] == []


def test_runs_of_other_images_are_refused() -> None:
    with pytest.raises(UserError, match="of 2 images of the one and 3 of the other none"):
        compared(run([0, 0, 0]), run([0, 0], "other"))
