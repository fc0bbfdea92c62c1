"""Pictures that would hold a thread for long are refused by their first bytes."""

from io import BytesIO

import numpy as np
import pytest
from linear import SPEC
from PIL import Image as Picture

from reprise import inputs
from reprise.codecs import kinds
from reprise.directory import Failure, Source
from reprise.serving import prescreen

MOST = 10**6
LONG = 30_000


@pytest.mark.parametrize("begin", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xc5\xd0\xd3\xc6" + bytes(8)])
def test_eps_is_not_parsed(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "opened", None)
    assert prescreen.excess(begin + b"%%x\n" * LONG, MOST) == "EPS is no image of pixels"


def test_the_reason_is_that_of_decoding() -> None:
    data = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n%%EOF\n"
    found = inputs.load(Source("", data), SPEC)
    assert isinstance(found, Failure)
    assert found.reason == prescreen.excess(data, MOST)


@pytest.mark.parametrize("kind", [b"P1", b"P2", b"P3"])
def test_numbers_in_plain_text_are_not_read(kind: bytes) -> None:
    assert "in plain text; convert it" in prescreen.excess(kind + b" 2 2 255\n" + b"1 " * 12, MOST)


@pytest.mark.parametrize("kind", [b"P4", b"P5", b"P6", b"Pf", b"PyP", b"P0CMYK"])
@pytest.mark.parametrize("rest", [b"#" * LONG, b" " * LONG, b"9 #" + b"a " * LONG, b"9" * LONG])
def test_a_header_without_an_end_is_not_read(kind: bytes, rest: bytes) -> None:
    assert "whose header is longer than" in prescreen.excess(kind + b"\n" + rest, MOST)


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
@pytest.mark.parametrize("value", [0, 10, 32, 35])  # 10 and 32 are spaces, 35 begins a comment
def test_files_of_every_pixel_are_taken(mode: str, value: int) -> None:
    file = BytesIO()
    Picture.fromarray(np.full((200, 200), value, np.uint8)).convert(mode).save(file, "PPM")
    commented = file.getvalue().replace(b"\n200 ", b"\n# a b\n200 #c\n ", 1)
    for data in (file.getvalue(), commented):
        assert prescreen.excess(data, MOST) == ""
        assert isinstance(inputs.load(Source("", data), SPEC), inputs.Loaded)


def test_exif_in_thousands_of_parts_is_not_joined() -> None:
    file = BytesIO()
    Picture.new("L", (8, 8)).save(file, "JPEG")
    data, part = file.getvalue(), b"\xff\xe1\0\x09Exif\0\0a"
    assert prescreen.excess(data[:2] + part * 100 + data[2:], MOST) == ""
    assert "more than 100 parts of EXIF data" in prescreen.excess(
        data[:2] + part * 101 + data[2:], MOST
    )
