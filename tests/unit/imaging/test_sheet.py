from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from toys import INTERFACE, append, encoded, pixels

from stages.artifacts import splits
from stages.artifacts.splits import Split
from stages.imaging.summary import (
    CELL,
    CLASSES,
    EXAMPLES,
    GAP,
    MARGIN,
    PADDING,
    choose_examples,
    contact_sheet,
)


def sheet(root: Path, images: np.ndarray, labels: np.ndarray, names: list[str]) -> Picture.Image:
    with splits.writer(images.shape[1:], root / "splits") as out:
        append(out, "train", Split(images, labels))
        made = contact_sheet(out, names, 0)
        out.finish(INTERFACE, {})
    return made


def cell(made: Picture.Image, row: int, column: int) -> np.ndarray:
    left, top = MARGIN + column * (CELL + GAP), row * (CELL + GAP)
    return np.asarray(made.crop((left, top, left + CELL, top + CELL)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [4, 16, 32, 64])
def test_the_cells_of_a_class_hold_its_images(tmp_path: Path, channels: int, side: int) -> None:
    images = np.stack([pixels(n, side, side, channels) for n in range(5)])
    images = images.reshape(5, side, side, channels)
    made = sheet(tmp_path, images, np.array([1, 0, 1, 0, 1]), ["a", "b"])
    shown = images.repeat(CELL // side, axis=1).repeat(CELL // side, axis=2)
    for row, members in enumerate([[1, 3], [0, 2, 4]]):
        for column, number in enumerate(members):
            expected = np.broadcast_to(shown[number], (CELL, CELL, 3))
            np.testing.assert_array_equal(cell(made, row, column), expected)
        assert (cell(made, row, len(members)) == 255).all()  # nothing


def test_large_images_are_scaled_down_with_a_smooth_filter(tmp_path: Path) -> None:
    image = pixels(0, 100, 200)
    made = sheet(tmp_path, image[None], np.array([0]), ["a"])
    expected = Picture.fromarray(image).resize((64, 32), Picture.Resampling.LANCZOS)
    np.testing.assert_array_equal(cell(made, 0, 0)[:32], expected)
    assert (cell(made, 0, 0)[32:] == 255).all()


@pytest.mark.parametrize("shape", [(1, 600), (600, 1), (3, 999), (1, 1)])
def test_an_elongated_image_is_seen(tmp_path: Path, shape: tuple[int, int]) -> None:
    made = sheet(tmp_path, np.zeros((1, *shape, 1), np.uint8), np.array([0]), ["a"])
    assert (cell(made, 0, 0) == 0).any()


@pytest.mark.parametrize(("classes", "rows"), [(1, 1), (3, 3), (CLASSES, 20), (CLASSES + 7, 20)])
def test_the_sheet_has_a_row_a_class_up_to_a_limit(tmp_path: Path, classes: int, rows: int) -> None:
    images = np.zeros((classes, 4, 4, 1), np.uint8)
    made = sheet(tmp_path, images, np.arange(classes), [f"class {n}" for n in range(classes)])
    assert made.mode == "RGB"
    assert made.size == (MARGIN + EXAMPLES * (CELL + GAP), rows * (CELL + GAP))


def test_a_class_without_training_images_has_no_row() -> None:
    assert list(choose_examples(np.array([5, 2, 5]), 0)) == [2, 5]


def test_rows_are_drawn_at_random_without_repetition_from_the_class() -> None:
    labels = np.random.default_rng(0).integers(0, 3, 300)
    chosen = choose_examples(labels, 0)
    for label, rows in chosen.items():
        assert len(set(rows.tolist())) == EXAMPLES
        assert (np.diff(rows) > 0).all()
        assert (labels[rows] == label).all()
    other = choose_examples(labels, 1)
    assert any(chosen[label].tolist() != other[label].tolist() for label in chosen)


def test_names_are_written_beside_their_rows(tmp_path: Path) -> None:
    images = np.full((2, 4, 4, 1), 255, np.uint8)
    made = np.asarray(sheet(tmp_path, images, np.array([0, 1]), ["", "WWW"]))
    first, second = made[: CELL + GAP, :MARGIN], made[CELL + GAP :, :MARGIN]
    assert (first == 255).all()
    assert (second < 128).any()


@pytest.mark.parametrize(
    "name",
    ["W" * 40, "a name of many words that goes on and on", "Müßiggang " * 9, "😀" * 50, "\n" * 9],
)
def test_a_long_name_ends_before_the_images(tmp_path: Path, name: str) -> None:
    made = np.asarray(sheet(tmp_path, np.full((1, 4, 4, 1), 255, np.uint8), np.array([0]), [name]))
    assert (made[:, : PADDING // 2] == 255).all()
    assert (made[:, MARGIN - PADDING // 2 :] == 255).all()


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    images, labels = pixels(0, 12, 20).reshape(12, 4, 5, 3), np.arange(12) % 2
    first, again = (sheet(tmp_path / str(n), images, labels, ["a", "b"]) for n in range(2))
    assert encoded(first) == encoded(again)
