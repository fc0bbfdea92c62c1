from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from linear import CARD, export, probabilities

from reprise.directory import Failure
from reprise.inputs import Loaded
from reprise.model import Model, load
from reprise.prediction import Prediction, predict

IMAGES = np.random.default_rng(2).integers(0, 256, (7, 6, 7, 3), np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(export(tmp_path_factory.mktemp("ranking") / "model.onnx"), 1)


def pictures() -> Iterator[Loaded | Failure]:
    """Yield pictures, with failures before, between and after them."""
    yield Failure("first", "why")
    for number, pixels in enumerate(IMAGES):
        yield Loaded(str(number), pixels)
        if number == 2:
            yield from (Failure("second", "why"), Failure("third", "why"))
    yield Failure("last", "why")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("top", [1, 2, 3, 9])
def test_classes_come_by_their_probabilities_for_batches_of_any_size(
    network: Model, size: int, top: int
) -> None:
    found = list(predict(pictures(), network, size, top))
    names = ["first", "0", "1", "2", "second", "third", "3", "4", "5", "6", "last"]
    assert [one.name for one in found] == names
    predictions = [one for one in found if isinstance(one, Prediction)]
    expected = probabilities(IMAGES, CARD)
    for row, (_, pixels, ranked, _) in enumerate(predictions):
        np.testing.assert_array_equal(pixels, IMAGES[row])
        order = sorted(range(3), key=lambda label: -expected[row, label])[:top]
        assert [name for name, _ in ranked] == [CARD.classes[label] for label in order]
        shares = [share for _, share in ranked]
        np.testing.assert_allclose(shares, expected[row, order], atol=1e-6)


def test_of_equal_classes_the_first_is_first(tmp_path: Path) -> None:
    hot = CARD._replace(temperature=1e30)  # all are as probable
    even = load(export(tmp_path / "model.onnx", hot), 1)
    (found,) = predict(iter([Loaded("a", IMAGES[0])]), even, 4, 2)
    assert isinstance(found, Prediction)
    assert [name for name, _ in found.ranked] == ["ants", "bees"]


def test_a_batch_is_predicted_before_the_next_is_taken(network: Model) -> None:
    taken = 0

    def watched() -> Iterator[Loaded]:
        nonlocal taken
        for taken, pixels in enumerate(IMAGES, start=1):
            yield Loaded(str(taken), pixels)

    found = predict(watched(), network, 2, 1)
    next(found)
    assert taken == 2


def test_only_failures_are_passed_on(network: Model) -> None:
    failures = [Failure("a", "why"), Failure("b", "why")]
    assert list(predict(iter(failures), network, 2, 1)) == failures
