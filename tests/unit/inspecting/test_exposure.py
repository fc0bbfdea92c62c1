import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageFilter
from scipy.ndimage import laplace

from stages.inspecting import exposure
from stages.inspecting.exposure import appearance, oddities

RNG = np.random.default_rng(0)


def rich(count: int, side: int = 16, channels: int = 1) -> np.ndarray:
    return RNG.integers(0, 256, (count, side, side, channels), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_figures_are_those_of_numpy_and_scipy(
    channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "BLOCK", 700)
    images = rich(7, 12, channels)
    found = appearance(images)
    grey = images.mean(3)
    np.testing.assert_allclose(found.mean, grey.mean((1, 2)))
    np.testing.assert_allclose(found.deviation, grey.std((1, 2)))
    energy = [(laplace(one)[1:-1, 1:-1] ** 2).sum() / (144 * one.var()) for one in grey]
    np.testing.assert_allclose(found.sharpness, energy)


def test_each_oddity_is_found_once_worst_first() -> None:
    images = rich(40)
    images[3] = 100
    images[4] = 100 + images[4] // 50
    images[5] = images[5] // 8
    images[6] = 255 - images[6] // 8
    found = {one.name: one.rows.tolist() for one in oddities(appearance(images))}
    assert found == {"flat": [3, 4], "dark": [5], "bright": [6], "blurred": []}


def test_a_blurred_image_is_found_among_sharp_ones() -> None:
    images = rich(20, 48)
    soft = Picture.fromarray(images[2].squeeze()).filter(ImageFilter.GaussianBlur(4))
    images[2] = np.asarray(soft)[..., None]
    (*_, blurred) = oddities(appearance(images))
    assert blurred.rows.tolist() == [2]
    assert 0 < blurred.scores[0] <= 1


def test_black_and_white_images_score_1() -> None:
    images = rich(9, 4)
    images[0], images[1] = 0, 255
    flat = oddities(appearance(images))[0]
    assert flat.rows.tolist() == [0, 1]
    assert flat.scores.tolist() == [1, 1]


def test_there_may_be_no_image() -> None:
    assert [len(one.rows) for one in oddities(appearance(rich(0)))] == [0, 0, 0, 0]
