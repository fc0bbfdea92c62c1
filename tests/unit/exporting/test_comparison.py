from math import isnan, log, nan

import pytest
import torch
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from torch import Tensor

from reprise.rule import Rule
from stages.deciding import decide, energy
from stages.exporting import comparison
from stages.exporting.comparison import Tolerance, Truth, compare, judge
from stages.exporting.inference import ALWAYS, Outputs

LABELS = torch.tensor([0, 1, 1, 0])
# The second and the third image are judged differently; the fourth differs by 3/4 - 1/2.
LOGITS = torch.tensor([[2.0, 0.0], [0.0, 0.1], [0.0, 0.1], [log(3), 0.0]])
OTHER = torch.tensor([[2.0, 0.0], [0.1, 0.0], [0.1, 0.0], [1e-9, 0.0]])
PARAMS = Tolerance(tolerance=0.2, int8_tolerance=0.25)


def truth(logits: Tensor = LOGITS) -> Truth:
    paths = [f"{letter}.png" for letter in "abcd"]
    return Truth(logits, logits.double().softmax(1), LABELS, paths)


def outputs(logits: Tensor, rule: Rule = ALWAYS) -> Outputs:
    return Outputs(logits, logits.softmax(1), *decide(logits, logits.softmax(1), rule, 1.0))


def test_four_images_by_hand() -> None:
    assert compare(outputs(OTHER), truth()) == pytest.approx(
        {
            "accuracy": 0.5,
            "agreement": 0.5,
            "max_probability_difference": 1.0,
            "same_decisions": 0.25,  # sets of the most probable class; the fourth has a tie
        }
    )


def test_a_perfect_copy_agrees_even_where_it_is_wrong() -> None:
    logits = torch.tensor([[0.0, 1.0]] * 4)
    assert compare(outputs(logits), truth(logits)) == pytest.approx(
        {
            "accuracy": 0.5,
            "agreement": 1.0,
            "max_probability_difference": 1e-5,
            "same_decisions": 1.0,
        }
    )


@pytest.mark.parametrize("logits", [torch.zeros(3, 2), torch.zeros(4, 3)])
def test_outputs_of_another_shape_are_refused(logits: Tensor) -> None:
    with pytest.raises((TypeCheckError, RuntimeError)):
        compare(outputs(logits), truth())


def test_what_is_within_tolerance_passes() -> None:
    assert judge("onnx", outputs(LOGITS + 0.1), truth(), PARAMS) == ""
    assert judge("int8", outputs(OTHER), truth(OTHER), PARAMS) == ""


def test_images_beyond_the_tolerance_are_named() -> None:
    assert judge("pt2", outputs(OTHER), truth(), PARAMS) == (
        "export.tolerance is 0.2, but pt2 gives other probabilities than the classifier, by more "
        "than that, to 1 of 4 test images: 3 (d.png)"
    )


@pytest.mark.parametrize("name", ["onnx", "int8"])
def test_what_is_no_number_is_beyond_every_tolerance(name: str) -> None:
    broken = LOGITS.clone()
    broken[1] = nan
    found = judge(name, outputs(broken), truth(), Tolerance(tolerance=1, int8_tolerance=1))
    assert found.endswith("1 of 4 test images: 1 (b.png)")


def answers(images: int, wrong: int, changed: int) -> tuple[Outputs, Truth]:
    """Return what int8 and the classifier say of images of class 0, of which they miss some."""
    said = torch.tensor([[1.0, 0.0]]).repeat(images, 1)
    said[:wrong] = -said[:wrong]
    other = said.clone()
    other[wrong : wrong + changed] = -other[wrong : wrong + changed]
    labels = torch.zeros(images).long()
    paths = [f"{row}.png" for row in range(images)]
    return outputs(other), Truth(said, said.double().softmax(1), labels, paths)


@pytest.mark.parametrize(
    ("images", "changed", "tolerance", "near"),
    [
        (49, 1, 0.0, True),  # one image of few
        (49, 2, 0.01, True),  # 4 %, by chance
        (49, 12, 0.01, False),
        (2, 1, 0.0, True),
        (1, 1, 0.0, True),
        (10_000, 1, 0.0, True),
        (10_000, 110, 0.01, True),  # 1.1 %, with an interval from 0.9 %
        (10_000, 150, 0.01, False),
        (10_000, 150, 0.02, True),
        (10_000, 30, 0.0, False),
    ],
)
def test_int8_may_lose_what_chance_explains(
    images: int,
    changed: int,
    tolerance: float,
    near: bool,  # noqa: FBT001
) -> None:
    found, wanted = answers(images, min(2, images - changed), changed)
    said = judge("int8", found, wanted, Tolerance(tolerance=0.1, int8_tolerance=tolerance))
    assert (said == "") == near


def test_int8_that_loses_too_much_is_told_with_its_interval_and_images() -> None:
    found, wanted = answers(40, 0, 20)
    assert judge("int8", found, wanted, PARAMS) == (
        "export.int8_tolerance is 0.25, but int8 loses 0.5000 of accuracy, 0.3280 or more by its "
        "95 % interval; it predicts another class for 20 of 40 test images: 0 (0.png), 1 (1.png), "
        "2 (2.png), 3 (3.png), 4 (4.png), ..."
    )


def test_of_many_images_the_first_are_named_and_no_name_breaks_the_line() -> None:
    many = torch.tensor([[1.0, 0.0]] * 9)
    wrong = Truth(-many, (-many).double().softmax(1), torch.zeros(9).long(), ["x\n\x1b[2J"] * 9)
    found = judge("onnx", outputs(many), wrong, PARAMS)
    assert r"to 9 of 9 test images: 0 (x\n\x1b[2J), " in found
    assert found.endswith(r"4 (x\n\x1b[2J), ...")
    assert found.isprintable()


@pytest.mark.parametrize("key", ["tolerance", "int8_tolerance"])
@pytest.mark.parametrize("value", [-0.1, 1.5, None])
def test_a_tolerance_out_of_bounds_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Tolerance.model_validate({**PARAMS.model_dump(), key: value})


@pytest.mark.parametrize(
    ("difference", "bound"),
    [(0.0, 1e-5), (2e-7, 1e-5), (1e-5, 1e-5), (1.1e-5, 1e-4), (0.02, 0.1), (1.0, 1.0)],
)
def test_a_difference_is_rounded_up_to_a_power_of_ten(difference: float, bound: float) -> None:
    assert comparison.bound(difference) == pytest.approx(bound, rel=1e-12)


def test_no_difference_is_no_number() -> None:
    assert isnan(comparison.bound(nan))


RULE = Rule(0.6, 0.3, -0.8, "precision", 0.9, 0.1, 0.1)


@pytest.mark.parametrize("name", ["onnx", "int8"])
@pytest.mark.parametrize("part", ["answered", "sets", "ood"])
def test_a_file_that_decides_otherwise_than_by_its_own_numbers_is_refused(
    name: str, part: str
) -> None:
    found, wanted = outputs(LOGITS, RULE), truth()._replace(rule=RULE)
    assert judge(name, found, wanted, PARAMS) == ""
    flags = getattr(found, part).clone()
    flags[1] = ~flags[1]
    assert judge(name, found._replace(**{part: flags}), wanted, PARAMS) == (
        f"models/decision.json decides otherwise than {name}, by the probabilities of the latter, "
        "about 1 of 4 test images: 1 (b.png)"
    )
    assert compare(found._replace(**{part: flags}), wanted)["same_decisions"] == 0.75


def test_an_energy_at_its_threshold_may_fall_either_way() -> None:
    most = energy(LOGITS, 1.0)[2].item()
    rule = RULE._replace(energy_threshold=most)
    found, wanted = outputs(LOGITS, rule), truth()._replace(rule=rule)
    ood = found.ood.clone()
    ood[2] = ~ood[2]
    assert judge("onnx", found._replace(ood=ood), wanted, PARAMS) == ""
    ood[0] = ~ood[0]
    assert "1 of 4 test images: 0 (a.png)" in judge("onnx", found._replace(ood=ood), wanted, PARAMS)
