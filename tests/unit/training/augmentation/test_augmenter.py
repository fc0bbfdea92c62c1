from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from torch import Tensor
from toys import section

from stages.errors import UserError
from stages.training.augmentation.augmenter import Augmentation, augmenter
from stages.training.augmentation.draws import Draws

# As they ship: off, but for those that only say how a policy works.
OFF = {name: section("train")[name] for name in Augmentation.model_fields}
ONE: list[dict[str, Any]] = [
    {"flip": "random"},
    {"flip": "alternating"},
    {"crop_padding": 3},
    {"resized_crop": 0.3},
    {"rotation": 20.0},
    {"brightness": 0.4},
    {"contrast": 0.4},
    {"saturation": 0.4},
    {"hue": 0.1},
    {"policy": "trivial"},
    {"policy": "rand"},
    {"erasing": 0.5},
]
ALL: dict[str, Any] = {
    "flip": "random",
    "crop_padding": 3,
    "rotation": 20.0,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.1,
    "policy": "rand",
    "erasing": 0.5,
}
PIXELS = torch.randint(
    0, 256, (67, 11, 9, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
EVERY = torch.arange(67)


def augmented(
    changes: dict[str, Any], order: Tensor = EVERY, size: int = 67, seed: int = 0, epoch: int = 0
) -> Tensor:
    """Augment all images, in batches of an order, and return them in their own order."""
    draws = Draws(seed, epoch, PIXELS.shape, torch.device("cpu"))
    augment = augmenter(Augmentation.model_validate(OFF | changes), draws)
    made = torch.empty_like(PIXELS)
    for indices in order.split(size):
        made[indices] = augment(PIXELS[indices], indices)
    return made


def test_every_augmentation_is_tried_alone() -> None:
    tried = {name for changes in ONE for name in changes}
    assert tried | {"policy_ops", "policy_magnitude", "mixup", "cutmix"} == {*OFF}  # see mixing


@pytest.mark.parametrize("changes", [*ONE, ALL], ids=str)
def test_an_image_comes_out_the_same_in_any_batch_and_order(changes: dict[str, Any]) -> None:
    expected = augmented(changes)
    backwards, shuffled = EVERY.flip(0), torch.randperm(67, generator=torch.Generator())
    for order, size in ((backwards, 1), (shuffled, 7), (shuffled, 16), (shuffled, 64)):
        assert torch.equal(augmented(changes, order, size), expected)


@pytest.mark.parametrize("changes", [*ONE, ALL], ids=str)
def test_another_seed_or_epoch_changes_the_images(changes: dict[str, Any]) -> None:
    first = augmented(changes)
    assert not torch.equal(first, PIXELS)
    assert not torch.equal(augmented(changes, epoch=1), first)
    assert not torch.equal(augmented(changes, seed=1), first)


def test_a_generator_of_torch_does_not_matter() -> None:
    torch.manual_seed(1)
    first = augmented(ALL)
    torch.manual_seed(2)
    assert torch.equal(augmented(ALL), first)


def test_off_returns_the_very_images() -> None:
    draws = Draws(0, 0, PIXELS.shape, torch.device("cpu"))
    augment = augmenter(Augmentation.model_validate(OFF), draws)
    assert augment(PIXELS, EVERY) is PIXELS


@pytest.mark.parametrize("changes", [{"mixup": 0.4}, {"cutmix": 1.0}])
def test_mixing_is_left_to_the_mixer(changes: dict[str, Any]) -> None:
    assert torch.equal(augmented(changes), PIXELS)


@pytest.mark.parametrize("changes", [*ONE, ALL], ids=str)
def test_stored_images_are_left_alone(changes: dict[str, Any]) -> None:
    before = PIXELS.clone()
    augmented(changes)
    assert torch.equal(PIXELS, before)


@pytest.mark.parametrize("changes", [*ONE, ALL], ids=str)
def test_pixels_lie_as_the_network_takes_them(changes: dict[str, Any]) -> None:
    draws = Draws(0, 0, PIXELS.shape, torch.device("cpu"))
    made = augmenter(Augmentation.model_validate(OFF | changes), draws)(PIXELS, EVERY)
    assert made.is_contiguous()


def test_operations_come_in_their_order() -> None:
    # What is erased stays black although it was made brighter, and turned, before.
    erased = (augmented({"erasing": 1.0}) == 0).all(3)
    assert bool(
        (augmented({"erasing": 1.0, "brightness": 0.9, "rotation": 9.0})[erased] == 0).all()
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"crop_padding": 9}, "train.crop_padding"), ({"hue": 0.1}, "train.hue")],
)
def test_what_does_not_suit_the_images_is_refused_at_once(
    changes: dict[str, Any], message: str
) -> None:
    draws = Draws(0, 0, (67, 11, 9, 1), torch.device("cpu"))
    with pytest.raises(UserError, match=message):
        augmenter(Augmentation.model_validate(OFF | changes), draws)


def test_every_parameter_is_required() -> None:
    for name in OFF:
        with pytest.raises(ValidationError, match=name):
            Augmentation.model_validate({key: value for key, value in OFF.items() if key != name})
    assert set(Augmentation.model_fields) == set(OFF)
    assert all(field.description for field in Augmentation.model_fields.values())


def test_floats_are_refused() -> None:
    draws = Draws(0, 0, PIXELS.shape, torch.device("cpu"))
    with pytest.raises(TypeCheckError):
        augmenter(Augmentation.model_validate(OFF), draws)(PIXELS.float(), EVERY)


def test_an_index_beyond_the_split_is_refused() -> None:
    draws = Draws(0, 0, PIXELS.shape, torch.device("cpu"))
    augment = augmenter(Augmentation.model_validate(OFF | {"flip": "random"}), draws)
    with pytest.raises(IndexError):
        augment(PIXELS, EVERY + 1)
