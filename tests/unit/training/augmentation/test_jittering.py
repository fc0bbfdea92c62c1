from itertools import combinations

import pytest
import torch
from pictures import apply, draws, images, largest_difference, planes, table
from pydantic import ValidationError
from torch import Tensor
from torchvision.transforms.v2 import functional

from stages.errors import UserError
from stages.training.augmentation.color import ADJUSTMENTS, ColorJitter, jitter, jitters

ORACLES = {
    "brightness": functional.adjust_brightness,
    "contrast": functional.adjust_contrast,
    "saturation": functional.adjust_saturation,
    "hue": functional.adjust_hue,
}


def params(**changes: float) -> ColorJitter:
    return ColorJitter.model_validate(dict.fromkeys(ADJUSTMENTS, 0.0) | changes)


def factors(**changes: float) -> Tensor:
    (transform,) = jitters(params(**changes), draws((4000, 12, 9, 3)))
    return table(transform, (4000, 12, 9, 3))


@pytest.mark.parametrize("names", [*combinations(ADJUSTMENTS, 2), tuple(ADJUSTMENTS)])
def test_adjustments_are_torchvisions_one_after_the_other(names: tuple[str, ...]) -> None:
    pixels = images(20)
    strengths = params(**dict.fromkeys(names, 0.4))
    (transform,) = jitters(strengths, draws(pixels.shape))
    drawn = table(transform, pixels.shape)
    made = jitter(list(names), pixels, drawn)
    for one, image, row in zip(planes(made), planes(pixels), drawn.tolist(), strict=True):
        expected = image / 255
        for name, factor in zip(names, row, strict=True):
            expected = ORACLES[name](expected, factor)
        assert largest_difference(one, (255 * expected).round().byte()) <= 1


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize(("strength", "low"), [(0.4, 0.6), (1.0, 0.0), (1.8, 0.0)])
def test_factors_are_uniform_about_1_and_never_negative(
    name: str, strength: float, low: float
) -> None:
    found = factors(**{name: strength})
    high = 1 + strength
    assert low <= float(found.min()) < low + 0.01
    assert high - 0.01 < float(found.max()) <= high
    assert float(found.mean()) == pytest.approx((low + high) / 2, abs=0.03)


def test_hues_are_uniform_about_0() -> None:
    found = factors(hue=0.2)
    assert float(found.abs().max()) <= 0.2
    assert abs(float(found.mean())) < 0.005
    assert float(found.std()) == pytest.approx(0.2 * 3**-0.5, abs=0.01)


def test_the_draws_of_one_do_not_depend_on_the_others() -> None:
    alone = factors(contrast=0.3)[:, 0]
    both = factors(brightness=0.9, contrast=0.3)
    assert torch.equal(both[:, 1], alone)
    assert abs(float(torch.corrcoef(both.T)[0, 1])) < 0.05


def test_off_yields_nothing() -> None:
    assert not list(jitters(params(), draws((5, 12, 9, 3))))


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_a_tiny_strength_hardly_changes_the_image(name: str) -> None:
    pixels = images(20)
    made = apply(list(jitters(params(**{name: 1e-4}), draws(pixels.shape))), pixels)
    assert largest_difference(made, pixels) <= 1


@pytest.mark.parametrize("name", ["saturation", "hue"])
def test_colours_of_grey_images_are_refused(name: str) -> None:
    message = rf"^train\.{name} must be 0 .* is 0\.2; .* preprocess\.channels to 3$"
    with pytest.raises(UserError, match=message):
        list(jitters(params(**{name: 0.2}), draws((5, 12, 9, 1))))


def test_grey_images_have_brightness_and_contrast() -> None:
    grey = images(20, channels=1)
    made = apply(list(jitters(params(brightness=0.4, contrast=0.4), draws(grey.shape))), grey)
    assert made.shape == grey.shape
    assert not torch.equal(made, grey)


@pytest.mark.parametrize(
    "changes",
    [{name: value} for name in ADJUSTMENTS for value in (-0.1, 11.0, float("nan"))]
    + [{"hue": 0.51}],
)
def test_strengths_out_of_bounds_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        params(**changes)
