from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs.jpeg import PlainJpeg
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

EXIF = Picture.Exif()
EXIF[0x0112] = 6  # turned by a quarter
PLAIN: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "own Huffman tables": {"optimize": True},
    "no subsampling": {"subsampling": "4:4:4"},
    "halved subsampling": {"subsampling": "4:2:2"},
    "extended tables": {"quality": 1},
    "comment": {"comment": b"\xff\xd8\xff\xc0 what a frame begins with"},
    "restart markers": {"restart_marker_blocks": 1},
    "density": {"dpi": (300, 300)},
}
UNUSUAL: dict[str, dict[str, Any]] = {
    "turned": {"exif": EXIF},
    "profile": {"icc_profile": b"a profile"},
    "XMP": {"xmp": b"<xmp/>"},
    "RGB without conversion": {"keep_rgb": True},
}


def jpeg(channels: int = 3, seed: int = 0, **options: object) -> bytes:
    return encoded(pixels(seed, 21, 34, channels), "JPEG", **options)


def usual(data: bytes) -> np.ndarray | None:
    """Return what Pillow makes of a file by itself, or nothing where it refuses it."""
    try:
        with Picture.open(BytesIO(data)) as picture:
            return np.asarray(picture.convert("RGB"))
    except Exception:  # noqa: BLE001 - it raises almost anything
        return None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", PLAIN.values(), ids=PLAIN)
def test_a_plain_file_has_the_pixels_that_pillow_reads(
    channels: int, options: dict[str, Any]
) -> None:
    data = jpeg(channels, **options)
    with PlainJpeg(BytesIO(data)) as found, Picture.open(BytesIO(data)) as expected:
        assert (found.size, found.mode, found.format) == (expected.size, expected.mode, "JPEG")
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("options", UNUSUAL.values(), ids=UNUSUAL)
def test_what_may_change_the_picture_is_left_to_pillow(options: dict[str, Any]) -> None:
    with pytest.raises(SyntaxError):
        PlainJpeg(BytesIO(jpeg(**options)))
    assert decode(jpeg(**options), 3).size == ((21, 34) if options == {"exif": EXIF} else (34, 21))


def test_four_channels_are_left_to_pillow() -> None:
    data = encoded(Picture.new("CMYK", (8, 9), (0, 255, 255, 0)), "JPEG")
    with pytest.raises(SyntaxError):
        PlainJpeg(BytesIO(data))
    np.testing.assert_array_equal(np.asarray(decode(data, 3)), usual(data))


FRAME = b"\xff\xc0\x00\x11\x08\x00\x15"  # the length of the segment, 8 bits, 21 rows


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        (FRAME, FRAME.replace(b"\xc0", b"\xc3")),
        (FRAME, FRAME.replace(b"\x08", b"\x0c")),
        (FRAME, FRAME.replace(b"\x11", b"\x01")),
        (FRAME, FRAME.replace(b"\x15", b"\x00")),
        (FRAME, jpeg()[jpeg().index(FRAME) :][:19] + FRAME),
        (b"\xff\xdb", b"\x00\xdb"),
        (jpeg()[jpeg().index(FRAME) :], b""),
        (jpeg()[3:], b""),
    ],
    ids=["lossless", "12 bits", "length", "no rows", "2 frames", "no marker", "half", "nothing"],
)
def test_a_head_that_is_damaged_or_unknown_is_left_to_pillow(found: bytes, changed: bytes) -> None:
    data = jpeg().replace(found, changed)
    assert data != jpeg()
    with pytest.raises(SyntaxError):
        PlainJpeg(BytesIO(data))


@pytest.mark.parametrize("seed", range(20))
def test_files_with_a_damaged_byte_are_decoded_as_by_pillow_or_refused(seed: int) -> None:
    rng, data = np.random.default_rng(seed), bytearray(jpeg(seed=seed))
    data[rng.integers(2, len(data))] = rng.integers(256)
    expected = usual(bytes(data))
    try:
        found = decode(bytes(data), 3)
    except UndecodableError:  # also where Pillow fills up what is missing with grey
        return
    assert expected is not None
    np.testing.assert_array_equal(np.asarray(found), expected)
