import numpy as np
import pytest
from PIL import Image as Picture
from toys import pixels

from reprise.prediction import Prediction
from reprise.sheet import CELL, COLUMNS, GAP, LINE, contact_sheet

RANKED = [("ants", 0.7), ("bees", 0.2), ("wasps", 0.1), ("flies", 0.0)]


def prediction(image: np.ndarray, name: str = "a.png", count: int = 2) -> Prediction:
    return Prediction(name, image, RANKED[:count])


def cell(sheet: Picture.Image, number: int, lines: int) -> np.ndarray:
    """Return the pixels [CELL, CELL, 3] of a cell; `lines` stand below each."""
    row, column = divmod(number, COLUMNS)
    left, top = GAP + column * (CELL + GAP), GAP + row * (CELL + lines * LINE + GAP)
    return np.asarray(sheet)[top : top + CELL, left : left + CELL]


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (3, 3, 1), (8, 8, 1), (9, 8, 2), (24, 8, 3)]
)
@pytest.mark.parametrize(("classes", "lines"), [(1, 2), (2, 3), (4, 4)])
def test_the_sheet_has_room_for_all(
    count: int, columns: int, rows: int, classes: int, lines: int
) -> None:
    sheet = contact_sheet([prediction(pixels(0, 8, 8), count=classes)] * count)
    assert sheet.size == (
        GAP + columns * (CELL + GAP),
        GAP + rows * (CELL + lines * LINE + GAP),
    )


def test_every_picture_is_in_its_place() -> None:
    images = [np.full((8, 8, 3), 10 * number, np.uint8) for number in range(19)]
    sheet = contact_sheet([prediction(image) for image in images])
    for number, image in enumerate(images):
        assert (cell(sheet, number, 3) == image[0, 0]).all()


def test_a_small_picture_shows_its_pixels() -> None:
    image = pixels(1, 8, 8)
    shown = cell(contact_sheet([prediction(image)]), 0, 3)
    np.testing.assert_array_equal(shown, image.repeat(16, 0).repeat(16, 1))


def test_grey_is_shown_grey() -> None:
    image = pixels(1, 8, 8, 1)[..., None]
    shown = cell(contact_sheet([prediction(image)]), 0, 3)
    np.testing.assert_array_equal(shown[::16, ::16], image.repeat(3, 2))


def test_a_large_picture_is_smoothed() -> None:
    board = np.repeat((np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    assert np.ptp(cell(contact_sheet([prediction(board)]), 0, 3)) < 20


@pytest.mark.parametrize("shape", [(8, 4), (4, 8), (300, 10), (2, 900)])
def test_a_picture_that_is_not_square_keeps_its_shape_in_the_middle(
    shape: tuple[int, int],
) -> None:
    shown = cell(contact_sheet([prediction(np.zeros((*shape, 3), np.uint8))]), 0, 3)
    dark = (shown == 0).all(2)
    rows, columns = dark.any(1).sum(), dark.any(0).sum()
    assert max(rows, columns) == CELL
    scale = CELL / max(shape)
    expected = max(1, shape[0] * scale), max(1, shape[1] * scale)
    assert (rows, columns) == pytest.approx(expected, abs=0.5)
    assert abs(np.argwhere(dark).mean(0) - (CELL - 1) / 2).max() <= 0.5


def test_the_text_below_is_of_the_picture_above_and_no_wider() -> None:
    white = np.full((8, 8, 3), 255, np.uint8)
    one = np.asarray(contact_sheet([prediction(white, "x" * 99), prediction(white, "")]))
    other = np.asarray(contact_sheet([prediction(white, "y" * 99), prediction(white, "")]))
    changed = np.argwhere((one != other).any(2))
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert GAP + CELL <= top < bottom < GAP + CELL + LINE
    assert GAP - 1 <= left < right <= GAP + CELL  # a letter may overhang


def test_equal_predictions_give_equal_sheets() -> None:
    predictions = [prediction(pixels(n), f"{n}.png") for n in range(5)]
    assert contact_sheet(predictions) == contact_sheet(predictions)
