import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded

from stages.pages.template import SIDE
from stages.reporting.contact_sheet import COLUMNS, GAP, HEADING, LINE, draw
from stages.reporting.gallery import Gallery, Tile

DOWN = SIDE + 3 * LINE + GAP  # pixels from row to row
RED, BLUE = Picture.new("RGB", (4, 4), "red"), Picture.new("RGB", (4, 4), "blue")
TILE = Tile(RED, "ant", "bee", 0.75, "a/b.png", right=False)


def wall(*tiles: Tile, title: str = "", note: str = "") -> np.ndarray:
    return np.asarray(draw([Gallery(title, note, tiles)]))


def at(drawn: np.ndarray, left: int, top: int) -> list[int]:
    return [int(value) for value in drawn[GAP + HEADING + top, GAP + left]]


def test_tiles_stand_in_rows() -> None:
    drawn = wall(*[TILE] * COLUMNS, TILE._replace(image=BLUE))
    assert drawn.shape == (2 * GAP + HEADING + 2 * DOWN - GAP, COLUMNS * (SIDE + GAP) + GAP, 3)
    assert at(drawn, 0, 0) == [255, 0, 0]
    assert at(drawn, (COLUMNS - 1) * (SIDE + GAP) + SIDE - 1, SIDE - 1) == [255, 0, 0]
    assert at(drawn, 0, DOWN) == [0, 0, 255]
    assert at(drawn, SIDE + GAP, DOWN) == [255, 255, 255]


def test_heat_maps_stand_beside_their_images() -> None:
    drawn = wall(TILE._replace(heat=BLUE), TILE)
    assert at(drawn, SIDE - 1, 0) == [255, 0, 0]
    assert at(drawn, SIDE, 0) == [0, 0, 255]
    assert at(drawn, 2 * SIDE + GAP, 0) == [255, 0, 0]


def test_galleries_stand_below_each_other() -> None:
    drawn = np.asarray(draw([Gallery("", "", [TILE]), Gallery("", "", [])]))
    assert len(drawn) == len(wall(TILE)) + HEADING


@pytest.mark.parametrize("part", ["title", "note"])
def test_an_empty_gallery_says_why(part: str) -> None:
    assert (wall() == 255).all()
    assert (wall(**{part: "All are right"}) < 128).any()


def test_no_gallery_is_a_blank_picture() -> None:
    assert (np.asarray(draw([])) == 255).all()


@pytest.mark.parametrize("name", ["W" * 200, "Müßiggang " * 30, "日本語" * 40, "\n\t", ""])
def test_captions_end_at_the_edge_of_their_tile(name: str) -> None:
    drawn = wall(TILE._replace(actual=name, predicted=name, path=name), title=name, note=name)
    assert (drawn[GAP + HEADING :, GAP + SIDE + 2 :] == 255).all()
    assert (drawn[:, -GAP + 2 :] == 255).all()


def test_right_and_wrong_have_colours_of_their_own() -> None:
    line = slice(GAP + HEADING + SIDE + LINE + 4, GAP + HEADING + SIDE + 2 * LINE + 4)
    wrong, right = (wall(tile)[line].min((0, 1)) for tile in (TILE, TILE._replace(right=True)))
    assert wrong[0] > wrong[1]  # reddish
    assert right[0] < right[1]  # greenish


def test_of_a_long_path_the_end_is_shown() -> None:
    line = slice(GAP + HEADING + SIDE + 2 * LINE + 4, None)
    first, second, third = (
        wall(TILE._replace(path=path))[line] for path in ("a" * 80 + "1", "b" + "a" * 80 + "1", "2")
    )
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_the_same_galleries_are_the_same_bytes() -> None:
    galleries = [Gallery("title", "note", [TILE, TILE])]
    assert encoded(draw(galleries)) == encoded(draw(galleries))
