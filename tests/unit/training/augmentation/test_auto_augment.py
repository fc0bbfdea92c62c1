from itertools import combinations
from typing import Literal

import numpy as np
import pytest
import torch
from pictures import apply, draws, images, table
from pydantic import ValidationError
from torch import Tensor
from torchvision.transforms import v2

from stages.training.augmentation.auto_augment import (
    NAMES,
    STEPS,
    AutoAugment,
    levels,
    limits,
    policies,
)

RAND = {"policy": "rand", "policy_ops": 2, "policy_magnitude": 9}
POLICIES = [("trivial", v2.TrivialAugmentWide), ("rand", v2.RandAugment)]


def params(**changes: object) -> AutoAugment:
    return AutoAugment.model_validate(RAND | changes)


def tables(count: int = 6000, epoch: int = 0, **changes: object) -> list[Tensor]:
    shape = (count, 12, 9, 3)
    return [table(made, shape) for made in policies(params(**changes), draws(shape, epoch=epoch))]


@pytest.mark.parametrize(("policy", "oracle"), POLICIES)
@pytest.mark.parametrize("kind", range(len(NAMES)))
def test_levels_are_torchvisions(
    policy: Literal["trivial", "rand"], oracle: type[v2.Transform], kind: int
) -> None:
    space, signed = list(oracle._AUGMENTATION_SPACE.values())[kind]
    magnitudes = space(STEPS + 1, 40, 50)
    strengths = np.arange(STEPS + 1) / STEPS
    kinds = np.full(STEPS + 1, kind)
    strongest = limits(policy, 40, 50)
    for sign in (1, -1):
        found = levels(kinds, sign * strengths, strongest)
        expected = np.zeros(STEPS + 1) if magnitudes is None else magnitudes.double().numpy()
        expected = expected * (sign if signed else 1) * (255 if NAMES[kind] == "solarize" else 1)
        if NAMES[kind].startswith("translate"):
            # As torchvision does on applying it, but for its 15.999999.
            expected = np.trunc(expected + sign * 1e-4)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_trivial_draws_one_operation_of_any_kind_and_strength() -> None:
    (made,) = tables(policy="trivial")
    kinds = torch.bincount(made[:, 0].long(), minlength=len(NAMES)) / len(made)
    assert float((kinds - 1 / len(NAMES)).abs().max()) < 0.015
    turns = made[made[:, 0] == NAMES.index("rotate"), 1]
    assert torch.equal(turns.abs().unique(), torch.arange(STEPS + 1) * 4.5)
    assert 0.4 < float((turns > 0).float().mean()) < 0.6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_rand_draws_as_many_operations_as_asked_for(count: int) -> None:
    made = tables(policy_ops=count)
    assert len(made) == count
    for one, other in combinations(made, 2):
        agree = (one[:, 0] == other[:, 0]).float().mean()
        assert float(agree) == pytest.approx(1 / len(NAMES), abs=0.015)


@pytest.mark.parametrize("magnitude", [0, 9, 30])
def test_rand_has_the_magnitude_asked_for(magnitude: int) -> None:
    for made in tables(policy_magnitude=magnitude):
        turns = made[made[:, 0] == NAMES.index("rotate"), 1]
        assert turns.abs().unique().tolist() == [magnitude]  # of 30 degrees
        assert magnitude == 0 or 0.4 < float((turns > 0).float().mean()) < 0.6


def test_the_first_operation_does_not_depend_on_the_number_of_them() -> None:
    assert torch.equal(tables(policy_ops=1)[0], tables(policy_ops=3)[0])


def test_another_epoch_draws_other_operations() -> None:
    (first, _), (other, _) = tables(), tables(epoch=1)
    assert float((first[:, 0] == other[:, 0]).float().mean()) < 0.15


@pytest.mark.parametrize("policy", ["trivial", "rand"])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_stay_images(policy: str, channels: int) -> None:
    pixels = images(100, channels=channels)
    made = apply(list(policies(params(policy=policy), draws(pixels.shape))), pixels)
    assert made.dtype == torch.uint8
    assert made.shape == pixels.shape
    changed = (made != pixels).flatten(1).any(1)
    assert 50 < int(changed.sum()) < 100


def test_none_yields_nothing() -> None:
    assert not tables(policy="none")


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "auto"},
        {"policy": None},
        {"policy_ops": 0},
        {"policy_ops": 11},
        {"policy_magnitude": -1},
        {"policy_magnitude": 31},
        {"policy_magnitude": 9.5},
    ],
)
def test_other_values_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        params(**changes)
