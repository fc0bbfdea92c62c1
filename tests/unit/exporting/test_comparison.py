from math import log

import pytest
import torch
from jaxtyping import TypeCheckError

from stages.exporting.comparison import compare

LABELS = torch.tensor([0, 1, 1, 0])


def test_four_images_by_hand() -> None:
    # The second and the third image are judged differently; the fourth differs by 3/4 - 1/2.
    reference = torch.tensor([[2.0, 0.0], [0.0, 0.1], [0.0, 0.1], [log(3), 0.0]])
    logits = torch.tensor([[2.0, 0.0], [0.1, 0.0], [0.1, 0.0], [1e-9, 0.0]])
    figures = compare(logits, reference, LABELS)
    assert figures == pytest.approx(
        {"accuracy": 0.5, "agreement": 0.5, "max_probability_difference": 0.25}
    )


def test_a_perfect_copy_agrees_even_where_it_is_wrong() -> None:
    logits = torch.tensor([[0.0, 1.0]] * 4)
    assert compare(logits, logits, LABELS) == {
        "accuracy": 0.5,
        "agreement": 1.0,
        "max_probability_difference": 0.0,
    }


def test_a_shift_of_all_logits_is_no_difference() -> None:
    logits = torch.tensor([[0.0, 1.0]] * 4)
    difference = compare(logits + 5, logits, LABELS)["max_probability_difference"]
    assert difference == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("reference", [torch.zeros(3, 2), torch.zeros(4, 3), torch.zeros(4)])
def test_logits_of_another_shape_are_refused(reference: torch.Tensor) -> None:
    with pytest.raises(TypeCheckError):
        compare(torch.zeros(4, 2), reference, LABELS)
