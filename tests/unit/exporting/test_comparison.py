from math import log, nan

import pytest
import torch
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from torch import Tensor

from stages.errors import UserError
from stages.exporting.comparison import Tolerance, Truth, compare, judge
from stages.exporting.inference import Outputs

LABELS = torch.tensor([0, 1, 1, 0])
# The second and the third image are judged differently; the fourth differs by 3/4 - 1/2.
LOGITS = torch.tensor([[2.0, 0.0], [0.0, 0.1], [0.0, 0.1], [log(3), 0.0]])
OTHER = torch.tensor([[2.0, 0.0], [0.1, 0.0], [0.1, 0.0], [1e-9, 0.0]])
PARAMS = Tolerance(tolerance=0.2, int8_tolerance=0.25)


def truth(logits: Tensor = LOGITS) -> Truth:
    paths = [f"{letter}.png" for letter in "abcd"]
    return Truth(logits, logits.double().softmax(1), LABELS, paths)


def outputs(logits: Tensor) -> Outputs:
    return Outputs(logits, logits.softmax(1))


def test_four_images_by_hand() -> None:
    assert compare(outputs(OTHER), truth()) == pytest.approx(
        {"accuracy": 0.5, "agreement": 0.5, "max_probability_difference": 0.25}
    )


def test_a_perfect_copy_agrees_even_where_it_is_wrong() -> None:
    logits = torch.tensor([[0.0, 1.0]] * 4)
    assert compare(outputs(logits), truth(logits)) == pytest.approx(
        {"accuracy": 0.5, "agreement": 1.0, "max_probability_difference": 0.0}, abs=1e-6
    )


@pytest.mark.parametrize("logits", [torch.zeros(3, 2), torch.zeros(4, 3)])
def test_outputs_of_another_shape_are_refused(logits: Tensor) -> None:
    with pytest.raises((TypeCheckError, RuntimeError)):
        compare(outputs(logits), truth())


def test_what_is_within_tolerance_passes() -> None:
    judge("onnx", outputs(LOGITS + 0.1), truth(), PARAMS)
    judge("int8", outputs(OTHER), truth(OTHER), PARAMS)


def test_images_beyond_the_tolerance_are_named() -> None:
    with pytest.raises(UserError) as caught:
        judge("pt2", outputs(OTHER), truth(), PARAMS)
    assert str(caught.value) == (
        "export.tolerance is 0.2, but pt2 gives other probabilities than the classifier, by more "
        "than that, to 1 of 4 test images: 3 (d.png); raise it, or leave pt2 out of export.formats"
    )


def test_what_is_no_number_is_beyond_every_tolerance() -> None:
    broken = LOGITS.clone()
    broken[1] = nan
    with pytest.raises(UserError, match=r"1 of 4 test images: 1 \(b\.png\)"):
        judge("onnx", outputs(broken), truth(), Tolerance(tolerance=1, int8_tolerance=1))


def test_int8_is_judged_by_its_accuracy() -> None:
    with pytest.raises(UserError) as caught:
        judge("int8", outputs(OTHER), truth(), PARAMS)
    assert str(caught.value) == (
        "export.int8_tolerance is 0.25, but int8 loses 0.5000 of accuracy; it predicts another "
        "class for 2 of 4 test images: 1 (b.png), 2 (c.png); raise it, or leave int8 out of "
        "export.formats"
    )
    judge("int8", outputs(OTHER), truth(), Tolerance(tolerance=0.1, int8_tolerance=0.5))


def test_of_many_images_the_first_are_named() -> None:
    many = torch.tensor([[1.0, 0.0]] * 9)
    wrong = Truth(-many, (-many).double().softmax(1), torch.zeros(9).long(), ["x"] * 9)
    with pytest.raises(
        UserError, match=r"to 9 of 9 test images: 0 \(x\), .*4 \(x\), \.\.\.; raise"
    ):
        judge("onnx", outputs(many), wrong, PARAMS)


@pytest.mark.parametrize("key", ["tolerance", "int8_tolerance"])
@pytest.mark.parametrize("value", [-0.1, 1.5, None])
def test_a_tolerance_out_of_bounds_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Tolerance.model_validate({**PARAMS.model_dump(), key: value})
