from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from linear import CARD, export, probabilities

from reprise.directory import Failure
from reprise.inputs import Loaded
from reprise.model import Model, load
from reprise.prediction import Decision, Prediction, predict
from reprise.rule import Rule

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
    for row, (_, pixels, ranked, *_) in enumerate(predictions):
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


def test_decisions_are_those_of_the_rule(tmp_path: Path) -> None:
    shares = probabilities(IMAGES, CARD)
    top = np.sort(shares.max(1))
    rule = Rule((top[2] + top[3]) / 2, 0.2, None, "coverage", 0.5, 0.1, None)
    network = load(export(tmp_path / "model.onnx", CARD._replace(rule=rule)), 1)
    assert network.metadata.rule == rule
    found = [one for one in predict(pictures(), network, 3, 1) if isinstance(one, Prediction)]
    assert [one.unknown for one in found] == (shares.max(1) < rule.threshold).tolist()
    for one, row in zip(found, shares, strict=True):
        assert one.decision is not None
        assert not one.decision.ood
        order = [label for label in np.argsort(-row) if row[label] >= 0.2 or row[label] == max(row)]
        assert one.decision.classes == [CARD.classes[label] for label in order]


def test_what_is_out_of_distribution_is_unknown(tmp_path: Path) -> None:
    rule = Rule(0.0, None, -1e9, "none", None, None, 0.01)
    network = load(export(tmp_path / "model.onnx", CARD._replace(rule=rule)), 1)
    (found,) = predict(iter([Loaded("a", IMAGES[0])]), network, 4, 2)
    assert isinstance(found, Prediction)
    assert found.decision == Decision(answered=False, ood=True, classes=None)


def test_a_model_without_a_rule_answers_everything(network: Model) -> None:
    (found,) = predict(iter([Loaded("a", IMAGES[0])]), network, 4, 2)
    assert isinstance(found, Prediction)
    assert found.decision is None
    assert not found.unknown
