import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from torch import Tensor

from stages.training.sampling import Sampling, order

SHUFFLE, BALANCED = Sampling(sampling="shuffle"), Sampling(sampling="balanced")
LABELS = torch.tensor([0] * 90 + [1] * 9 + [2])
BOTH = pytest.mark.parametrize("params", [SHUFFLE, BALANCED], ids=["shuffle", "balanced"])


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_shuffled_is_a_permutation_of_numpy(count: int) -> None:
    found = order(torch.zeros(count, dtype=torch.int64), SHUFFLE, 3, 5)
    expected = np.random.default_rng((3, 5)).permutation(count)
    assert found.tolist() == expected.tolist()
    assert sorted(found.tolist()) == list(range(count))


@given(
    labels=st.lists(st.sampled_from([0, 1, 1, 1, 1, 4, 9]), min_size=1, max_size=60),
    epoch=st.integers(0, 5),
)
def test_balanced_draws_classes_and_their_images_equally_often(
    labels: list[int], epoch: int
) -> None:
    drawn = order(torch.tensor(labels), BALANCED, 0, epoch)
    assert len(drawn) == len(labels)
    of_class = {label: labels_of(drawn, labels, label) for label in set(labels)}
    sizes = [len(images) for images in of_class.values()]
    assert max(sizes) - min(sizes) <= 1
    for label, images in of_class.items():
        times = np.bincount(images, minlength=len(labels))[np.array(labels) == label]
        assert times.max() - times.min() <= 1


def labels_of(drawn: Tensor, labels: list[int], label: int) -> list[int]:
    return [image for image in drawn.tolist() if labels[image] == label]


def test_what_does_not_divide_goes_by_lot() -> None:
    more = {
        int(LABELS[order(LABELS, BALANCED, 0, epoch)].bincount().argmax()) for epoch in range(20)
    }
    assert more == {0, 1, 2}


def test_epochs_show_other_images_of_a_frequent_class() -> None:
    shown = {image for epoch in range(12) for image in order(LABELS, BALANCED, 0, epoch).tolist()}
    assert len(shown) > 95


def test_balanced_classes_come_mixed() -> None:
    labels = LABELS[order(LABELS, BALANCED, 0, 0)]
    assert len(labels[:20].unique()) == 3
    assert (labels.diff() != 0).sum() > 40


@BOTH
def test_an_order_depends_on_seed_and_epoch_alone(params: Sampling) -> None:
    first = order(LABELS, params, 3, 5)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generator that must not matter
    order(LABELS[:7], params, 3, 4)
    assert torch.equal(order(LABELS, params, 3, 5), first)


@BOTH
@pytest.mark.parametrize(("seed", "epoch"), [(3, 6), (4, 5), (5, 3)])
def test_another_seed_or_epoch_gives_another_order(params: Sampling, seed: int, epoch: int) -> None:
    assert not torch.equal(order(LABELS, params, seed, epoch), order(LABELS, params, 3, 5))


def test_labels_of_another_type_are_refused() -> None:
    with pytest.raises(TypeCheckError):
        order(LABELS.int(), SHUFFLE, 0, 0)


def test_another_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="sampling"):
        Sampling.model_validate({"sampling": "random"})
