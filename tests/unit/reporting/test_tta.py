import numpy as np
import pytest
import torch
from toys import pixels

from stages.reporting.tta import Tta, shift, views

ROW = torch.tensor([1, 2, 3, 4], dtype=torch.uint8).reshape(1, 1, 4, 1).expand(1, 4, 4, 1)
IMAGES = torch.from_numpy(np.stack([pixels(n, 5, 7) for n in range(3)]))  # [3, 5, 7, 3]


def test_none_is_the_batch_itself() -> None:
    (view,) = views(IMAGES, Tta(tta="none"))
    assert view.images is IMAGES
    assert view.weight == 1


def test_flip_is_the_batch_and_its_mirror_image() -> None:
    plain, mirrored = views(IMAGES, Tta(tta="flip"))
    assert torch.equal(plain.images, IMAGES)
    np.testing.assert_array_equal(mirrored.images, IMAGES.numpy()[:, :, ::-1])
    assert plain.weight == mirrored.weight == 0.5


def test_flip_crop_by_hand() -> None:
    found = [(view.images[0, 0, :, 0].tolist(), view.weight) for view in views(ROW, FLIP_CROP)]
    assert found == [
        ([1, 2, 3, 4], 0.25),
        ([4, 3, 2, 1], 0.25),
        ([2, 3, 4, 3], 0.125),
        ([3, 4, 3, 2], 0.125),
        ([2, 1, 2, 3], 0.125),
        ([3, 2, 1, 2], 0.125),
    ]


FLIP_CROP = Tta(tta="flip_crop")


@pytest.mark.parametrize("step", [-2, -1, 0, 1, 2])
def test_a_shift_is_a_crop_of_numpys_reflected_padding(step: int) -> None:
    padded = np.pad(IMAGES.numpy(), ((0, 0), (2, 2), (2, 2), (0, 0)), "reflect")
    expected = padded[:, 2 + step : 7 + step, 2 + step : 9 + step]
    np.testing.assert_array_equal(shift(IMAGES, step), expected)


@pytest.mark.parametrize("tta", ["none", "flip", "flip_crop"])
def test_views_have_the_shape_of_the_batch_and_weights_that_add_up(tta: str) -> None:
    made = list(views(IMAGES, Tta.model_validate({"tta": tta})))
    assert {view.images.shape for view in made} == {IMAGES.shape}
    assert sum(view.weight for view in made) == 1


def test_averaged_logits_are_those_of_airbench() -> None:
    weights = torch.randn(5 * 7 * 3, 4, generator=torch.Generator().manual_seed(0))

    def judge(images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).float() @ weights

    def mirrored(images: torch.Tensor) -> torch.Tensor:
        return judge(images) / 2 + judge(images.flip(2)) / 2

    padded = torch.from_numpy(np.pad(IMAGES.numpy(), ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect"))
    corners = mirrored(padded[:, :5, :7]) / 2 + mirrored(padded[:, 2:, 2:]) / 2
    expected = mirrored(IMAGES) / 2 + corners / 2
    averaged = sum(view.weight * judge(view.images) for view in views(IMAGES, FLIP_CROP))
    torch.testing.assert_close(averaged, expected)
