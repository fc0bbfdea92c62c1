from math import inf, nan

import pytest
from pydantic import ValidationError

from stages.artifacts.history import Epoch
from stages.training.early_stopping import EarlyStopping, best_index, should_stop, sort_key

ACCURACY, LOSS = EarlyStopping(best="accuracy", patience=2), EarlyStopping(best="loss", patience=2)


def history(*scores: tuple[float, float]) -> list[Epoch]:
    """Return epochs of these validation accuracies and losses."""
    return [
        Epoch(number, 9.0 / number, loss, number / 9.0, accuracy, 0.1)
        for number, (accuracy, loss) in enumerate(scores, 1)
    ]


@pytest.mark.parametrize(
    ("accuracy", "loss", "by_accuracy", "by_loss"),
    [
        (0.6, 9.0, True, False),
        (0.4, 0.1, False, True),
        (0.5, 0.9, True, True),
        (0.5, 1.1, False, False),
        (0.6, 1.0, True, True),
        (0.5, 1.0, False, False),
        (0.5, nan, False, False),
        (0.6, nan, True, False),
        (0.5, inf, False, False),
    ],
)
def test_one_score_decides_and_the_other_between_equals(
    accuracy: float, loss: float, *, by_accuracy: bool, by_loss: bool
) -> None:
    old, new = history((0.5, 1.0), (accuracy, loss))
    assert (sort_key(new, ACCURACY) > sort_key(old, ACCURACY)) is by_accuracy
    assert (sort_key(new, LOSS) > sort_key(old, LOSS)) is by_loss
    assert best_index([old, new], ACCURACY) == by_accuracy
    assert best_index([old, new], LOSS) == by_loss


def test_a_loss_that_is_no_number_gives_way() -> None:
    assert best_index(history((0.5, nan), (0.5, 7.0)), LOSS) == 1
    assert best_index(history((0.5, nan), (0.5, 7.0)), ACCURACY) == 1
    assert best_index(history((0.5, nan), (0.5, nan)), LOSS) == 0


def test_of_equals_the_first_wins() -> None:
    assert best_index(history((0.1, 2.0), (0.5, 1.0), (0.5, 1.0), (0.2, 1.5)), ACCURACY) == 1
    assert best_index(history((0.1, 2.0)), LOSS) == 0


def test_none_is_the_best_of_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        best_index([], LOSS)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_patience_is_the_number_of_epochs_that_are_borne(patience: int) -> None:
    epochs = history((0.1, 1.0), (0.9, 1.0), (0.8, 1.0), (0.9, 1.0), (0.7, 0.9))
    params = EarlyStopping(best="accuracy", patience=patience)
    found = [should_stop(epochs[:count], params) for count in range(len(epochs) + 1)]
    assert found == [False] * 3 + [waited >= patience for waited in (1, 2, 3)]


def test_without_patience_it_never_stops() -> None:
    epochs = history((0.9, 1.0), *[(0.1, 2.0)] * 100)
    assert not should_stop(epochs, EarlyStopping(best="accuracy", patience=None))


def test_what_is_best_decides_when_to_stop() -> None:
    epochs = history((0.9, 1.0), (0.8, 0.9), (0.7, 0.8))
    assert should_stop(epochs, ACCURACY)
    assert not should_stop(epochs, LOSS)


@pytest.mark.parametrize(
    ("key", "value"),
    [("best", "f1"), ("best", None), ("patience", 0), ("patience", -1), ("patience", 1.5)],
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        EarlyStopping.model_validate({**LOSS.model_dump(), key: value})
