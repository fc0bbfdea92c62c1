import numpy as np
import pytest

from stages.training.tensorboard.panels import mosaic


def images(count: int, height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.zeros((count, height, width, channels), np.uint8)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (4, 1, 4), (5, 1, 5), (6, 2, 5)])
def test_images_fill_rows(count: int, rows: int, columns: int) -> None:
    picture = mosaic(images(count, 96, 96))
    assert picture.shape == (rows * 104, columns * 104, 3)
    assert (picture == 0).all(2).sum() == count * 96 * 96


def test_an_image_is_where_it_belongs() -> None:
    several = images(7, 96, 96, 3)
    several[6] = (10, 20, 30)
    picture = mosaic(several)
    assert (picture[108:204, 108:204] == (10, 20, 30)).all()


@pytest.mark.parametrize(("height", "width"), [(8, 5), (5, 8), (200, 100), (1, 300), (97, 96)])
def test_images_of_any_size_fit_their_cell(height: int, width: int) -> None:
    picture = mosaic(images(2, height, width))
    assert picture.shape[1] == 2 * 104
    assert (picture[:, :104] == picture[:, 104:]).all()


def test_captions_are_below() -> None:
    bare, named = mosaic(images(2, 96, 96)), mosaic(images(2, 96, 96), ["is 1\nsaid 2", "x\ny"])
    assert (named[:100] == bare[:100]).all()
    assert named.shape[0] == bare.shape[0] + 2 * 18
    for line in (named[100:118], named[118:136]):
        assert (line[:, :104] < 255).any()
        assert (line[:, 104:] < 255).any()


def test_a_long_caption_stays_below_its_image() -> None:
    long, short = mosaic(images(2, 96, 96), ["x" * 100, "y"]), mosaic(images(2, 96, 96), ["x", "y"])
    assert long.shape == short.shape
    assert (long[:, 104:] == short[:, 104:]).all()


def test_captions_are_as_many_as_images() -> None:
    with pytest.raises(ValueError, match="zip"):
        mosaic(images(2, 96, 96), ["one"])
