import numpy as np
import pytest
from PIL import Image as Picture
from toys import pixels

from stages.pictures import encode, fit, picture, shorten, within
from stages.training.tensorboard.lettering import font

LETTERS = font(13)
ROOM = 150  # pixels


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_picture_has_the_pixels_of_its_image(channels: int, mode: str) -> None:
    image = pixels(0, 6, 7, channels).reshape(6, 7, channels)
    made = picture(image)
    assert made.mode == mode
    np.testing.assert_array_equal(np.asarray(made).reshape(image.shape), image)


@pytest.mark.parametrize(
    ("size", "side", "fitted"),
    [
        ((8, 8), 64, (64, 64)),
        ((8, 4), 64, (64, 32)),
        ((28, 28), 96, (84, 84)),
        ((50, 20), 64, (50, 20)),
        ((64, 64), 64, (64, 64)),
        ((300, 200), 64, (64, 43)),
        ((1, 900), 64, (1, 64)),
    ],
)
def test_small_pictures_grow_whole_times_and_large_ones_shrink(
    size: tuple[int, int], side: int, fitted: tuple[int, int]
) -> None:
    assert fit(Picture.new("L", size), side).size == fitted


def test_an_enlarged_picture_shows_its_pixels() -> None:
    image = pixels(0, 3, 3, 3)
    shown = np.asarray(fit(picture(image), 10))
    np.testing.assert_array_equal(shown, image.repeat(3, 0).repeat(3, 1))


def test_a_shrunk_picture_is_smooth() -> None:
    board = (np.indices((100, 100)).sum(0) % 2 * 255).astype(np.uint8)[..., None]
    assert np.ptp(np.asarray(fit(picture(board), 10))) < 20


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((8, 8), (64, 64)), ((8, 4), (64, 32)), ((1, 900), (1, 64)), ((300, 200), (64, 43))],
)
def test_the_longer_side_is_that_of_the_square(
    size: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert within(size, 64) == fitted


@pytest.mark.parametrize(
    ("name", "shown"),
    [("cat", "cat"), ("", ""), ("two\nlines\tand  more", "two lines and more")],
)
def test_a_short_name_is_shown_on_one_line(name: str, shown: str) -> None:
    assert shorten(name, LETTERS, ROOM) == shown


def test_a_cut_name_says_so_and_keeps_what_fits() -> None:
    shown = shorten("W" * 40, LETTERS, ROOM)
    assert shown == "W" * (len(shown) - 1) + "…"
    assert LETTERS.getlength(shown) <= ROOM < LETTERS.getlength(f"W{shown}")


def test_nothing_fits_where_there_is_no_room() -> None:
    assert shorten("cat", LETTERS, 0) == "…"


@pytest.mark.parametrize("letter", "äöüßéñçøłαωжя")
def test_letters_beyond_english_are_not_boxes(letter: str) -> None:
    unknown = bytes(LETTERS.getmask("\uffff"))
    assert bytes(LETTERS.getmask(letter)) != unknown


def test_png_keeps_every_pixel_and_jpeg_is_smaller() -> None:
    gradient = np.indices((96, 96)).sum(0).astype(np.uint8)
    noisy = picture((gradient + pixels(0, 96, 96, 1) // 16)[..., None])
    assert encode(noisy).startswith(b"\x89PNG")
    assert encode(noisy, "JPEG").startswith(b"\xff\xd8")
    assert len(encode(noisy, "JPEG")) < len(encode(noisy)) / 2
    assert encode(noisy) == encode(noisy.copy())


def test_of_a_name_as_long_as_a_book_the_start_is_shown() -> None:
    shown = shorten("x" * 100_000, font(13), 60)
    assert shown.startswith("xxx")
    assert shown.endswith("…")
