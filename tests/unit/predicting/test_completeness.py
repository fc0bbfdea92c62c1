"""Formats but JPEG and PNG: what ends early or in zeros is no picture."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, features
from toys import encoded, pixels

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode


def profile() -> bytes:
    """Return a colour profile whose one tag, a description, ends in zeros (ICC.1:2001, 6.5.17)."""
    tag = b"desc" + struct.pack(">II", 0, 5) + b"sRGB\0" + bytes(82)
    head = struct.pack(">I4sI4s4s4s", 144 + len(tag), b"test", 2 << 24, b"mntr", b"RGB ", b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp"
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


SCENE = Picture.fromarray(pixels(0, 24, 30)).resize((240, 192), Picture.Resampling.BICUBIC)
CLEAR = SCENE.copy()
CLEAR.putalpha(Picture.fromarray(pixels(1, 192, 240, 1)))
FORMATS: dict[str, tuple[Picture.Image, str, dict[str, Any]]] = {
    "WebP": (SCENE, "WEBP", {}),
    "WebP, low quality": (SCENE, "WEBP", {"quality": 20}),
    "WebP, lossless": (SCENE, "WEBP", {"lossless": True}),
    "WebP with alpha": (CLEAR, "WEBP", {}),
    "WebP with EXIF": (SCENE, "WEBP", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}),
    "JPEG 2000": (SCENE, "JPEG2000", {"quality_mode": "dB", "quality_layers": [40]}),
    "GIF": (SCENE, "GIF", {}),
    "deflated TIFF": (SCENE, "TIFF", {"compression": "tiff_adobe_deflate"}),
    "LZW TIFF": (SCENE, "TIFF", {"compression": "tiff_lzw"}),
}
if features.check("avif"):
    FORMATS["AVIF"] = (SCENE, "AVIF", {})
    FORMATS["AVIF with a profile"] = (SCENE, "AVIF", {"icc_profile": profile()})
FILES = {name: encoded(made, kind, **options) for name, (made, kind, options) in FORMATS.items()}
ZEROS = [name for name in FILES if not name.endswith("TIFF")]  # their tags come last
SHARES = [0.2, 0.4, 0.6, 0.8, 0.9]


def refused(data: bytes) -> bool:
    try:
        decode(data, 3)
    except UndecodableError:
        return True
    return False


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_taken(name: str) -> None:
    assert not refused(FILES[name])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", SHARES)
def test_a_file_that_ends_early_is_refused(name: str, share: float) -> None:
    assert refused(FILES[name][: int(share * len(FILES[name]))])


@pytest.mark.parametrize("name", ZEROS)
@pytest.mark.parametrize("share", SHARES)
def test_zeros_in_place_of_the_rest_are_refused(name: str, share: float) -> None:
    data = FILES[name]
    kept = data[: int(share * len(data))]
    assert refused(kept + bytes(len(data) - len(kept)))


@pytest.mark.parametrize("share", SHARES)
def test_an_end_marker_does_not_make_half_a_jpeg_2000_whole(share: float) -> None:
    data = FILES["JPEG 2000"]
    assert refused(data[: int(share * len(data))] + b"\xff\xd9")


@pytest.mark.parametrize("share", SHARES)
def test_an_end_marker_does_not_make_half_a_gif_whole(share: float) -> None:
    data = FILES["GIF"]
    assert refused(data[: int(share * len(data))] + b"\0;")


@pytest.mark.parametrize("options", [{}, {"method": 0}, {"lossless": True, "method": 0}])
@pytest.mark.parametrize("noisy", ["above", "below", "nowhere"])
def test_an_even_area_of_webp_is_no_hole(noisy: str, options: dict[str, Any]) -> None:
    page = Picture.new("RGB", (700, 600), "white")
    ImageDraw.Draw(page).text((20, 20), "a line of text")
    if noisy != "nowhere":
        page.paste(Picture.fromarray(pixels(2, 300, 700)), (0, 0 if noisy == "above" else 300))
    data = encoded(page, "WEBP", quality=0 if options.get("lossless") else 80, **options)
    with Picture.open(BytesIO(data)) as expected:
        np.testing.assert_array_equal(np.asarray(decode(data, 3)), np.asarray(expected))


@pytest.mark.parametrize("name", [name for name in FILES if name != "JPEG 2000"])
def test_zeros_after_the_end_are_no_matter(name: str) -> None:
    padded = FILES[name] + bytes(5000)
    np.testing.assert_array_equal(np.asarray(decode(padded, 3)), np.asarray(decode(FILES[name], 3)))
