from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image as Picture
from pydantic import ValidationError
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize
from toys import pixels

from reprise.codecs.undecodable import UndecodableError
from reprise.resizing import fit
from reprise.spec import InputSpec
from stages.imaging.pool import Decoding

FILTERS = get_args(Decoding.model_fields["interpolation"].annotation)
SIDES = [(1, 1), (4, 4), (5, 7), (7, 5), (31, 64), (64, 33), (3, 40), (40, 3), (97, 101)]  # H, W
TARGETS = [4, 7, 8, 33]


def params(size: tuple[int, int], resize: str, filtering: str = "bilinear") -> Decoding:
    values = {"image_size": size, "resize": resize, "interpolation": filtering, "channels": 3}
    return Decoding.model_validate({**values, "workers": 1})


def spec(size: tuple[int, int], resize: str, filtering: str = "bilinear") -> InputSpec:
    return params(size, resize, filtering).spec


def picture(height: int, width: int, seed: int = 0) -> Picture.Image:
    return Picture.fromarray(pixels(seed, height, width))


@pytest.mark.parametrize("filtering", FILTERS)
def test_crop_is_torchvisions_resize_and_centre_crop(filtering: str) -> None:
    for (height, width), size in product(SIDES, TARGETS):
        scene = picture(height, width)
        recipe = Compose([Resize(size, InterpolationMode(filtering)), CenterCrop(size)])
        found = fit(scene, spec((size, size), "crop", filtering))
        np.testing.assert_array_equal(found, np.asarray(recipe(scene)), str((height, width, size)))


def test_crop_is_torchvisions_for_many_sides() -> None:
    rng = np.random.default_rng(0)
    for height, width, size in rng.integers([1, 1, 4], 150, (300, 3)).tolist():
        scene = picture(height, width)
        recipe = Compose([Resize(size, InterpolationMode.NEAREST), CenterCrop(size)])
        found = fit(scene, spec((size, size), "crop", "nearest"))
        np.testing.assert_array_equal(found, np.asarray(recipe(scene)), str((height, width, size)))


@pytest.mark.parametrize(("height", "width"), [(10, 40), (40, 10), (20, 20), (12, 24), (9, 30)])
@pytest.mark.parametrize("size", [(12, 24), (24, 12), (7, 30), (4, 9)])
def test_crop_to_a_rectangle_fills_it_and_cuts_as_much_from_both_ends(
    height: int, width: int, size: tuple[int, int]
) -> None:
    # The brightness of a pixel is its place, from 0 to 255 along the axis.
    for axis, count in enumerate((height, width)):
        ramp = np.linspace(0, 255, count).astype(np.uint8)
        scene = np.broadcast_to(ramp[:, None] if axis == 0 else ramp, (height, width))
        found = fit(Picture.fromarray(np.dstack([scene] * 3)), spec(size, "crop", "nearest"))
        scale = max(size[0] / height, size[1] / width)
        shown = size[axis] / scale / count  # share of the axis that is left
        lowest, highest = found.min() / 255, found.max() / 255
        assert lowest + highest == pytest.approx(1, abs=1.5 / count + 1 / size[axis])
        assert highest - lowest <= shown + 1 / count


@pytest.mark.parametrize("filtering", FILTERS)
@pytest.mark.parametrize("size", [(4, 9), (64, 5), (33, 33)])
def test_stretch_is_pillows_resize(filtering: str, size: tuple[int, int]) -> None:
    for height, width in SIDES:
        scene = picture(height, width)
        expected = scene.resize(size[::-1], Picture.Resampling[filtering.upper()])
        found = fit(scene, spec(size, "stretch", filtering))
        np.testing.assert_array_equal(found, np.asarray(expected))


@pytest.mark.parametrize("size", [(20, 20), (20, 30), (31, 8), (4, 5)])
def test_pad_shows_the_whole_image_in_the_centre_with_black_around(size: tuple[int, int]) -> None:
    for height, width in SIDES:
        found = fit(Picture.new("RGB", (width, height), "white"), spec(size, "pad"))
        rows, columns = (np.flatnonzero(found.any((axis, 2))) for axis in (1, 0))
        assert (found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 255).all()
        assert (found == 255).sum() == 3 * len(rows) * len(columns)  # black elsewhere
        scale = min(size[0] / height, size[1] / width)
        assert len(rows) in size[:1] or len(columns) in size[1:]
        assert abs(len(rows) - max(1, height * scale)) < 1
        assert abs(len(columns) - max(1, width * scale)) < 1
        assert 0 <= size[0] - 1 - rows[-1] - rows[0] <= 1
        assert 0 <= size[1] - 1 - columns[-1] - columns[0] <= 1


@pytest.mark.parametrize("filtering", FILTERS)
def test_padded_content_is_pillows_resize(filtering: str) -> None:
    scene = picture(20, 40)
    expected = np.zeros((16, 16, 3), np.uint8)
    expected[4:12] = np.asarray(scene.resize((16, 8), Picture.Resampling[filtering.upper()]))
    np.testing.assert_array_equal(fit(scene, spec((16, 16), "pad", filtering)), expected)


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("filtering", FILTERS)
def test_an_image_of_the_right_size_keeps_its_pixels(resize: str, filtering: str) -> None:
    scene = picture(9, 13)
    np.testing.assert_array_equal(fit(scene, spec((9, 13), resize, filtering)), scene)


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
def test_grey_has_one_channel(resize: str) -> None:
    grey = pixels(1, 10, 15, channels=1)
    one = spec((6, 6), resize)._replace(channels=1)
    expected = fit(Picture.fromarray(np.dstack([grey] * 3)), spec((6, 6), resize))
    np.testing.assert_array_equal(fit(Picture.fromarray(grey), one), expected[..., :1])


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("sides", [(1, 1000), (1000, 1), (1, 1), (3, 999)])
@pytest.mark.parametrize("size", [(8, 8), (4, 8), (40, 5)])
def test_extreme_aspects_come_out_in_the_right_size(
    resize: str, sides: tuple[int, int], size: tuple[int, int]
) -> None:
    found = fit(Picture.new("RGB", sides, "white"), spec(size, resize))
    assert found.shape == (*size, 3)
    assert found.any()


def test_a_line_that_would_be_huge_before_it_is_cropped_is_refused() -> None:
    line = Picture.new("RGB", (1, 2_000_000))
    with pytest.raises(UndecodableError, match="1 x 2000000 pixels are too elongated to crop"):
        fit(line, spec((224, 224), "crop"))
    assert fit(line, spec((224, 224), "pad")).shape == (224, 224, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"image_size": (3, 8)},
        {"image_size": (8, -1)},
        {"image_size": (8,)},
        {"image_size": (8, 8, 8)},
        {"image_size": 8},
        {"image_size": (8.0, 8)},
        {"resize": "squash"},
        {"interpolation": "cubic"},
        {"channels": 2},
        {"channels": 4},
    ],
)
def test_other_values_are_refused(changes: dict[str, Any]) -> None:
    values = params((8, 8), "crop").model_dump()
    with pytest.raises(ValidationError):
        Decoding.model_validate(values | changes)
