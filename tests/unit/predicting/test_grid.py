from math import ceil

import numpy as np
from PIL import Image as Picture
from PIL import ImageFont

from reprise.grid import Captioned, Grid, Line, cut, one_line

OWN = ImageFont.load_default(12)
GRID = Grid(columns=2, width=30, height=40, caption=12, line=14)
TILE = Picture.new("RGB", (10, 10), "red")


def drawn(*images: Captioned) -> np.ndarray:
    canvas = Picture.new("RGB", (70, 90), "white")
    GRID.draw(canvas, images, (5, 4))
    return np.asarray(canvas)


def test_images_fill_rows() -> None:
    red = (drawn(*[Captioned(TILE)] * 3) == (255, 0, 0)).all(2)
    assert {(int(y), int(x)) for y, x in np.argwhere(red)} == {
        (top + y, left + x)
        for top, left in ((4, 5), (4, 35), (44, 5))
        for y in range(10)
        for x in range(10)
    }


def test_lines_stand_below_their_image_in_their_colour() -> None:
    lines = [Line("H", OWN, "blue"), Line("H", OWN, "lime")]
    picture = drawn(Captioned(TILE), Captioned(TILE, lines))
    first, second = picture[16:30], picture[30:44]
    assert (first[:, :35] == 255).all()
    assert first[:, 35:].min((0, 1)).tolist() == [first.min(), first.min(), 255]  # blue
    assert second[:, 35:].min((0, 1)).tolist() == [second.min(), 255, second.min()]  # green
    assert max(first.min(), second.min()) < 255


def test_a_name_is_brought_on_one_line_and_escaped() -> None:
    assert one_line(" a\nb\t c\u202e ") == r"a b c\u202e"
    assert len(one_line("x" * 100_000)) == 200


def test_text_is_cut_only_where_it_does_not_fit() -> None:
    width = ceil(OWN.getlength("abc"))
    assert cut("abc", OWN, width, "...") == "abc"
    assert cut("abcabc", OWN, width, ".").endswith(".")
    assert cut("abc", OWN, 0, "...") == "..."
