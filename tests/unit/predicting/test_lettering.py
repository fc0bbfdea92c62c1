from typing import Any, cast

import pytest
from PIL import ImageFont

from reprise import sheet
from reprise.grid import Font
from reprise.sheet import font, has, shorten

OWN = ImageFont.load_default(12)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the fonts that are there; all are Pillow's own, of 30 pixels."""
    fonts, make = list[str](), ImageFont.truetype

    def find(name: object, size: int, **options: object) -> ImageFont.FreeTypeFont:
        if not isinstance(name, str):  # Pillow's own
            return make(cast("Any", name), size)
        assert (size, options) == (12, {"layout_engine": ImageFont.Layout.BASIC})
        if name not in fonts:
            raise OSError("cannot open resource")
        return cast("ImageFont.FreeTypeFont", ImageFont.load_default(30))

    monkeypatch.setattr(ImageFont, "truetype", find)
    return fonts


def size(letters: Font) -> float:
    assert isinstance(letters, ImageFont.FreeTypeFont)
    return letters.size


def test_english_is_drawn_in_the_same_font_everywhere(installed: list[str]) -> None:
    installed.extend(sheet.FONTS)
    assert size(font("photo_1 (2).JPG 99.9%", 12)) == 12


@pytest.mark.parametrize("name", sheet.FONTS)
def test_other_letters_are_drawn_in_a_font_that_is_installed(
    name: str, installed: list[str]
) -> None:
    installed.append(name)
    assert size(font("Käfer", 12)) == 30


def test_where_no_other_font_is_installed_letters_lose_their_accents(
    installed: list[str],
) -> None:
    assert not installed
    letters = font("Käfer", 12)
    assert size(letters) == 12
    assert shorten("Käfer, señor Ångström", letters, 500) == "Kafer, senor Angstrom"
    assert shorten("жук", letters, 500) == "жук"


def test_what_a_font_has_is_told_from_the_box_for_what_it_lacks() -> None:
    assert all(has(OWN, letter) for letter in "aZ09%._- ")
    assert not any(has(OWN, letter) for letter in "äж漢")


@pytest.mark.parametrize(
    ("name", "shown"), [("cat", "cat"), ("", ""), (" two\nlines\tand  more ", "two lines and more")]
)
def test_a_short_name_is_shown_on_one_line(name: str, shown: str) -> None:
    assert shorten(name, OWN, 128) == shown


def test_a_cut_name_says_so_and_keeps_what_fits() -> None:
    shown = shorten("W" * 40, OWN, 128)
    kept = shown.removesuffix("...")
    assert kept == "W" * len(kept)
    assert OWN.getlength(shown) <= 128 < OWN.getlength(f"{kept}W...")


def test_where_there_is_no_room_nothing_of_a_name_is_left() -> None:
    assert shorten("cat", OWN, 0) == "..."
