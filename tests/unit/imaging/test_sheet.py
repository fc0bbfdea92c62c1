from pathlib import Path

import numpy as np
import pytest
from drawn import Placed, Sheet
from toys import INTERFACE, append, pixels

from reprise.escaping import printable
from stages.artifacts import splits
from stages.artifacts.splits import Split
from stages.imaging.summary import (
    CELL,
    CLASSES,
    EXAMPLES,
    GAP,
    LETTERS,
    MARGIN,
    PADDING,
    choose_examples,
    contact_sheet,
)


def sheet(root: Path, images: np.ndarray, labels: np.ndarray, names: list[str]) -> Sheet:
    with splits.writer(images.shape[1:], root / "splits") as out:
        append(out, "train", Split(images, labels))
        made = contact_sheet(out, names, 0)
        out.finish(INTERFACE, {})
    return Sheet(made)


def cell(made: Sheet, row: int, column: int) -> Placed | None:
    left, top = MARGIN + column * (CELL + GAP), row * (CELL + GAP)
    return next((one for one in made.images if (one.x, one.y) == (left, top)), None)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [4, 16, 32, 63])
def test_the_cells_of_a_class_hold_its_images(tmp_path: Path, channels: int, side: int) -> None:
    images = np.stack([pixels(n, side, side, channels) for n in range(5)])
    images = images.reshape(5, side, side, channels)
    made = sheet(tmp_path, images, np.array([1, 0, 1, 0, 1]), ["a", "b"])
    for row, members in enumerate([[1, 3], [0, 2, 4]]):
        for column, number in enumerate(members):
            found = cell(made, row, column)
            assert found
            assert (found.side, found.pixelated) == (CELL, True)
            np.testing.assert_array_equal(found.picture, images[number].squeeze())
        assert cell(made, row, len(members)) is None


def test_large_images_are_scaled_down_with_a_smooth_filter(tmp_path: Path) -> None:
    board = (np.indices((100, 200)).sum(0) % 2 * 255).astype(np.uint8)[None, ..., None]
    found = cell(sheet(tmp_path, board, np.array([0]), ["a"]), 0, 0)
    assert found
    assert found.picture.size == (64, 32)
    assert np.ptp(np.asarray(found.picture)) < 30


@pytest.mark.parametrize("shape", [(1, 600), (600, 1), (3, 999), (1, 1)])
def test_an_elongated_image_is_seen(tmp_path: Path, shape: tuple[int, int]) -> None:
    made = sheet(tmp_path, np.zeros((1, *shape, 1), np.uint8), np.array([0]), ["a"])
    assert min(made.images[0].picture.size) >= 1


@pytest.mark.parametrize(("classes", "rows"), [(1, 1), (3, 3), (CLASSES, 20), (CLASSES + 7, 20)])
def test_the_sheet_has_a_row_a_class_up_to_a_limit(tmp_path: Path, classes: int, rows: int) -> None:
    images = np.zeros((classes, 4, 4, 1), np.uint8)
    made = sheet(tmp_path, images, np.arange(classes), [f"class {n}" for n in range(classes)])
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


@pytest.mark.parametrize(
    "name",
    ["", "WWW", "W" * 300, "a name of many words that goes on and on", "猫", "😀" * 50, "\n" * 9],
)
def test_names_are_written_beside_their_rows(tmp_path: Path, name: str) -> None:
    made = sheet(tmp_path, np.zeros((2, 4, 4, 1), np.uint8), np.array([0, 1]), ["", name])
    written = made.lines[1]
    assert written.whole == printable(name)
    assert CELL + GAP < written.y < 2 * (CELL + GAP) - LETTERS
    assert PADDING <= written.x < written.x + written.width <= MARGIN - PADDING


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    images, labels = pixels(0, 12, 20).reshape(12, 4, 5, 3), np.arange(12) % 2
    for place in ("first", "again"):
        with splits.writer((4, 5, 3), tmp_path / place) as out:
            append(out, "train", Split(images, labels))
            (tmp_path / f"{place}.svg").write_text(contact_sheet(out, ["a", "b"], 0))
            out.finish(INTERFACE, {})
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()
