"""Channels of zeros that are called alpha, and pictures that are transparent throughout."""

import struct
from typing import get_args

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs.alpha import Remark
from reprise.decoding import Decoded, examine

COLOUR, GREY = pixels(1, 9, 11), pixels(2, 9, 11, 1)
ZEROS = np.zeros((9, 11), np.uint8)
CLEAR, UNUSED = get_args(Remark)
EVEN = np.full_like(COLOUR, (20, 40, 60))
PALETTE = Picture.fromarray(EVEN).quantize(2)


def tga(alpha: np.ndarray, bits: int) -> bytes:
    """Return a file of 32 bits a pixel that says how many of them are alpha."""
    head = struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 11, 9, 32, 0x20 | bits)
    return head + np.dstack([COLOUR[..., ::-1], alpha]).tobytes()


def bmp(alpha: np.ndarray, colour: np.ndarray = COLOUR) -> bytes:
    """Return a file whose header (version 5) has a mask for alpha."""
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 124, 11, -9, 1, 32, 3, 0, 2835, 2835, 0, 0) + masks
    data = np.dstack([colour[..., ::-1], alpha]).tobytes()
    start = 14 + 124
    return (
        b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head.ljust(124, b"\0") + data
    )


def holds(found: Decoded, colour: np.ndarray) -> bool:
    return np.array_equal(np.asarray(found.picture), colour)


UNUSED_FILES = {
    "BMP": bmp(ZEROS),
    "TGA of 8 bits of alpha": tga(ZEROS, 8),
    "PNG": encoded(np.dstack([COLOUR, ZEROS])),
    "TIFF": encoded(np.dstack([COLOUR, ZEROS]), "TIFF"),
    "WebP": encoded(np.dstack([COLOUR, ZEROS]), "WEBP", lossless=True, exact=True),
}


@pytest.mark.parametrize("kind", UNUSED_FILES)
def test_zeros_throughout_are_no_alpha_where_colours_differ(kind: str) -> None:
    found = examine(UNUSED_FILES[kind], 3)
    assert holds(found, COLOUR)
    assert found.remark == UNUSED


def test_grey_beside_zeros_is_grey() -> None:
    made = Picture.merge("LA", [Picture.fromarray(GREY), Picture.fromarray(ZEROS)])
    found = examine(encoded(made), 1)
    assert holds(found, GREY)
    assert found.remark == UNUSED


@pytest.mark.parametrize("alpha", [ZEROS, GREY, ZEROS + 255])
def test_a_tga_that_has_no_bits_of_alpha_has_none(alpha: np.ndarray) -> None:
    found = examine(tga(alpha, 0), 3)
    assert holds(found, COLOUR)
    assert found.remark is None


@pytest.mark.parametrize("data", [bmp(GREY), tga(GREY, 8), encoded(np.dstack([COLOUR, GREY]))])
def test_alpha_that_is_used_lets_white_through(data: bytes) -> None:
    share = GREY[..., None] / 255
    found = examine(data, 3)
    assert abs(np.asarray(found.picture) - (share * COLOUR + (1 - share) * 255)).max() <= 1
    assert found.remark is None


def test_one_pixel_that_is_not_transparent_makes_alpha_used() -> None:
    alpha = ZEROS.copy()
    alpha[3, 4] = 255
    found = np.asarray(examine(bmp(alpha), 3).picture).copy()
    assert found[3, 4].tolist() == COLOUR[3, 4].tolist()
    found[3, 4] = 255
    assert (found == 255).all()


@pytest.mark.parametrize(
    "data",
    [
        bmp(ZEROS, EVEN),
        encoded(np.dstack([EVEN, ZEROS])),
        encoded(PALETTE, transparency=PALETTE.getpixel((0, 0))),
        encoded(Picture.new("L", (9, 9), 3), transparency=3),
        encoded(Picture.new("P", (9, 9), 3), "GIF", transparency=3),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_transparent_throughout_is_white_and_said(data: bytes, channels: int) -> None:
    found = examine(data, 3 if channels == 3 else 1)
    assert set(np.asarray(found.picture).ravel().tolist()) == {255}
    assert found.remark == CLEAR


@pytest.mark.parametrize("data", [encoded(COLOUR), encoded(COLOUR, "JPEG"), encoded(GREY, "GIF")])
def test_a_picture_without_alpha_needs_no_remark(data: bytes) -> None:
    assert examine(data, 3).remark is None
