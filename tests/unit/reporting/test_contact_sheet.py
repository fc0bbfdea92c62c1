import numpy as np
import pytest
from drawn import Sheet
from PIL import Image as Picture

from stages.pages.template import SIDE
from stages.reporting.contact_sheet import COLUMNS, GAP, HEADING, LINE, LINES, draw
from stages.reporting.gallery import Gallery, Tile

DOWN = SIDE + LINES * LINE + GAP  # pixels from row to row
TOP = GAP + HEADING
RED, BLUE = Picture.new("RGB", (4, 4), "red"), Picture.new("RGB", (4, 4), "blue")
TILE = Tile(RED, "ant", "bee", 0.75, "a/b.png", right=False)


def wall(*tiles: Tile, title: str = "", note: str = "") -> Sheet:
    return Sheet(draw([Gallery(title, note, tiles)]))


def test_tiles_stand_in_rows() -> None:
    drawn = wall(*[TILE] * COLUMNS, TILE._replace(image=BLUE))
    assert drawn.size == (COLUMNS * (SIDE + GAP) + GAP, 2 * GAP + HEADING + 2 * DOWN - GAP)
    first, *_, last, below = drawn.images
    assert (first.x, first.y, first.side) == (GAP, TOP, SIDE)
    assert (last.x, last.y) == (GAP + (COLUMNS - 1) * (SIDE + GAP), TOP)
    assert (below.x, below.y) == (GAP, TOP + DOWN)
    np.testing.assert_array_equal(first.picture, RED)
    np.testing.assert_array_equal(below.picture, BLUE)


def test_heat_maps_stand_beside_their_images() -> None:
    first, heat, second = wall(TILE._replace(heat=BLUE), TILE).images
    assert (heat.x, heat.y) == (first.x + SIDE, first.y)
    np.testing.assert_array_equal(heat.picture, BLUE)
    assert second.x == first.x + 2 * SIDE + GAP


def test_galleries_stand_below_each_other() -> None:
    drawn = Sheet(draw([Gallery("", "", [TILE]), Gallery("", "", [])]))
    assert drawn.size[1] == wall(TILE).size[1] + HEADING


def test_an_empty_gallery_says_why() -> None:
    drawn = wall(title="Mistakes", note="All are right.")
    assert [written.text for written in drawn.lines] == ["Mistakes", "All are right."]
    assert not drawn.images


def test_no_gallery_is_a_blank_sheet() -> None:
    drawn = Sheet(draw([]))
    assert not drawn.images
    assert not drawn.lines


def test_a_caption_says_what_it_is_what_was_said_and_how_surely() -> None:
    _, _, *caption = (written.whole for written in wall(TILE).lines)
    assert caption == ["is \u2068ant\u2069", "said \u2068bee\u2069", "75.0 % sure", "a/b.png"]


@pytest.mark.parametrize("name", ["W" * 300, "Müßig " * 30, "日本語" * 99, "\n\t", "", "العربية"])
def test_captions_have_the_room_of_their_tile(name: str) -> None:
    drawn = wall(TILE._replace(actual=name, predicted=name, path=name), title=name, note=name)
    assert {written.width for written in drawn.lines[2:]} == {SIDE}
    assert all(len(written.text) <= SIDE // 5 for written in drawn.lines[2:])
    assert all(written.x + written.width <= drawn.size[0] - GAP for written in drawn.lines)


def test_right_and_wrong_have_colours_of_their_own() -> None:
    for right, style in ((True, "t right"), (False, "t wrong")):
        said = wall(TILE._replace(right=right)).lines[3]
        assert said.whole.startswith("said ")
        assert said.style == style


def test_of_a_long_path_the_end_is_shown() -> None:
    first, second, third = (
        wall(TILE._replace(path=path)).lines[-1]
        for path in ("a" * 80 + "1", "b" + "a" * 80 + "1", "2")
    )
    assert first == second
    assert first.text.endswith("a1")
    assert first != third


def test_the_same_galleries_are_the_same_bytes() -> None:
    galleries = [Gallery("title", "note", [TILE, TILE])]
    assert draw(galleries) == draw(galleries)
