# ruff: noqa: RUF001  # names of other scripts, and the sign of a product
import re

import numpy as np
import pytest
from drawn import Sheet
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture
from toys import pixels

from reprise.escaping import printable
from stages.pictures import within
from stages.vector import LONGEST, Drawing, fitted, isolated

NASTY = "</svg><script>alert(1)</script>]]>\"'&<b>"


def line(text: str, width: int = 90, style: str = "") -> Sheet:
    drawing = Drawing(200, 100)
    drawing.text(text, (5, 6), (width, 12), style)
    return Sheet(str(drawing))


def image(size: tuple[int, int], side: int = 96) -> Sheet:
    drawing = Drawing(200, 100)
    drawing.image(Picture.fromarray(pixels(0, size[1], size[0])), (3, 4), side)
    return Sheet(str(drawing))


@pytest.mark.parametrize("name", ["猫", "العربية", "हिन्दी", "😺", "Müßiggang", "a b"])
def test_names_in_every_script_are_text_for_the_browser(name: str) -> None:
    (written,) = line(name).lines
    assert (written.x, written.y, written.width) == (5, 6, 90)
    assert written.text == written.whole == name


def test_no_text_is_code() -> None:
    sheet = line(NASTY, 2000)
    assert sheet.lines[0].text == NASTY
    assert sheet.tags == {"svg", "style", "rect", "text", "title"}


@pytest.mark.parametrize("text", ["\x1b[2J\x07", "a\nb", "\u202egnp.exe", "\ud800", "\x00"])
def test_what_cannot_be_seen_is_escaped(text: str) -> None:
    assert line(text, 2000).lines[0].whole == printable(text)


@given(st.text(max_size=50))
def test_any_text_is_a_drawing_that_parses(text: str) -> None:
    (written,) = line(text, 5000).lines
    assert written.text == " ".join(written.whole.split())


def test_what_is_too_long_is_cut_and_stands_in_the_tip() -> None:
    (written,) = line("W" * 300).lines
    assert written.text == f"{'W' * (len(written.text) - 1)}…"
    assert len(written.text) < 20
    assert written.whole == "W" * 300


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcdef", 2, "ab…"),
        ("猫猫猫", 3, "猫猫猫"),
        ("猫猫猫猫", 3, "猫猫…"),
        ("a \n b", 3, "a b"),
        ("", 0, ""),
        ("abc", 0, "…"),
    ],
)
def test_full_width_letters_take_more_room(text: str, room: float, shown: str) -> None:
    assert fitted(text, room) == shown


def test_of_a_huge_text_little_is_looked_at() -> None:
    assert len(fitted("a" * 10**6, 1e9)) == LONGEST


def test_a_name_leaves_the_direction_of_the_text_around_it() -> None:
    (written,) = line(f"said {isolated('العربية')} (98 %)", 900).lines
    assert written.text == "said \u2068العربية\u2069 (98 %)"
    assert isolated("a\u2069b") == "\u2068a\\u2069b\u2069"


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (63, 20), (64, 64), (300, 200), (1, 900)])
def test_pictures_keep_their_shape_and_small_ones_their_pixels(size: tuple[int, int]) -> None:
    (placed,) = image(size).images
    assert (placed.x, placed.y, placed.side) == (3, 4, 96)
    assert placed.picture.size == (size if max(size) <= 96 else within(size, 96))
    assert placed.pixelated == (max(size) < 64)
    if max(size) < 64:
        np.testing.assert_array_equal(placed.picture, pixels(0, size[1], size[0]))


def test_the_same_drawing_is_the_same_text() -> None:
    first, again = (Drawing(9, 9) for _ in range(2))
    for drawing in (first, again):
        drawing.text("猫", (0, 0), (9, 5), "end")
        drawing.image(Picture.new("RGB", (4, 4)), (0, 0), 9)
    assert str(first) == str(again)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|url\(", str(first))
