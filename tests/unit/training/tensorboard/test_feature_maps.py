from math import inf, nan

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from torch import Tensor

from stages.training.tensorboard.feature_maps import grey, sheets, value_range
from stages.training.tensorboard.first_layers import WEIGHTS, FirstLayer

TOP, LEFT = 2 * 8 + 4 * 23, 128 + 4 + 2 * 8  # of the first map: below the text, beside the image
STEP = 64 + 4  # from one map to the next


def drawn(maps: Tensor, images: np.ndarray, kind: str = "pooling") -> Picture.Image:
    (sheet,) = sheets([FirstLayer(kind, "body.2", "MaxPool2d", maps)], images, "after epoch 1")
    return sheet.picture


def colours(count: int, channels: int = 1) -> np.ndarray:
    return np.full((count, 8, 8, channels), 77, np.uint8)


def test_all_maps_of_a_layer_share_a_range() -> None:
    maps = torch.zeros(2, 3, 10, 10)
    maps[0, 0], maps[1, 2] = -4, 6
    low, high = value_range(maps)
    assert (low, high) == (-4, 6)
    assert grey(maps[0], (low, high))[:, 5, 5, 0].tolist() == [0, 102, 102]
    assert grey(maps[1], (low, high))[:, 5, 5, 0].tolist() == [102, 102, 255]


def test_a_few_extreme_values_do_not_make_all_others_the_same() -> None:
    maps = torch.linspace(0, 1, 10_000).reshape(1, 1, 100, 100).clone()
    maps[0, 0, 0, 0], maps[0, 0, 50, 50] = -1000, 1000
    assert value_range(maps) == pytest.approx((0.005, 0.995), abs=1e-3)
    made = grey(maps[0], value_range(maps))[0, :, :, 0]
    assert (made[0, 0], made[50, 50]) == (0, 255)
    assert len(np.unique(made)) == 256


def test_of_many_values_some_decide() -> None:
    maps = torch.rand(2, 4, 300, 300, generator=torch.Generator().manual_seed(0))
    assert value_range(maps) == pytest.approx((0.005, 0.995), abs=2e-3)


def test_maps_without_contrast_are_black() -> None:
    maps = torch.full((1, 2, 4, 4), 3.0)
    assert not grey(maps[0], value_range(maps)).any()


@pytest.mark.parametrize("odd", [nan, inf, -inf])
def test_a_network_that_diverged_is_drawn(odd: float) -> None:
    maps = torch.full((1, 1, 4, 4), odd)
    assert not grey(maps[0], value_range(maps)).any()
    maps[0, 0, 0] = torch.tensor([0.0, 1.0, 2.0, 4.0])
    limits = value_range(maps)
    assert limits == pytest.approx((0, 4), abs=0.1)
    made = grey(maps[0], limits)[0, :, :, 0]
    assert (made[1:] == (255 if odd == inf else 0)).all()
    assert (np.diff(made[0].astype(int)) > 0).all()


def test_the_image_is_on_the_left_and_each_map_in_its_place() -> None:
    maps = torch.zeros(2, 10, 8, 8)
    maps[1, 9] = 1.0
    picture = np.asarray(drawn(maps, colours(2)))
    block = 2 * STEP + 8
    assert picture.shape == (TOP + 2 * block, LEFT + 8 * STEP + 8)
    for image in range(2):
        top = TOP + image * block
        assert (picture[top : top + 128, 8 : 8 + 128] == 77).all()
    top, left = TOP + block + STEP, LEFT + STEP
    assert (picture[top : top + 64, left : left + 64] == 255).all()
    assert (picture[top : top + 64, left - STEP : left - 4] == 0).all()


def test_of_many_maps_the_first_are_drawn() -> None:
    maps = torch.zeros(1, 100, 4, 4)
    maps[0, 32:] = 1.0
    picture = np.asarray(drawn(maps, colours(1)))
    assert picture.shape == (TOP + 4 * STEP + 8, LEFT + 8 * STEP + 8)
    assert (picture[TOP : TOP + 64, LEFT : LEFT + 64] == 0).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_the_picture_has_colour_where_the_images_have(channels: int, mode: str) -> None:
    assert drawn(torch.rand(1, 3, 9, 5), colours(1, channels)).mode == mode


@pytest.mark.parametrize(("height", "width"), [(1, 300), (200, 1), (64, 64), (65, 64), (3, 7)])
def test_maps_of_any_size_fit(height: int, width: int) -> None:
    picture = drawn(torch.rand(2, 9, height, width), colours(2))
    assert picture.width == LEFT + 8 * STEP + 8


def test_weights_stand_without_images() -> None:
    picture = drawn(torch.rand(1, 9, 8, 8), colours(0), WEIGHTS)
    assert picture.size == (8 + 8 * STEP + 8, TOP + 2 * STEP + 8)


def test_a_long_name_stays_within_the_picture() -> None:
    layer = FirstLayer("activation", "x" * 500, "\x1b[2J", torch.rand(1, 1, 4, 4))
    (sheet,) = sheets([layer], colours(1), "now")
    assert (np.asarray(sheet.picture)[:TOP, -LEFT:] == 255).all()
    assert "\x1b" not in sheet.title
