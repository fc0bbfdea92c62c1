import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from PIL import Image as Picture

from stages.artifacts.raw import Image
from stages.errors import UserError
from stages.imaging.pixels import decode, moments

GREY = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (6, 9, 3), np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> Image:
    file = BytesIO()
    Picture.fromarray(pixels).save(file, kind)
    return Image(file.getvalue(), f"scans/7.{kind.lower()}", 0)


def complaint(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        decode(Image(data, "scans/7.png", 0), 8)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_an_image_of_the_right_size_keeps_its_pixels(kind: str) -> None:
    np.testing.assert_array_equal(decode(encoded(GREY, kind), 9)[..., 0], GREY, strict=True)


@pytest.mark.parametrize("size", [4, 8, 9, 20])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_resizing_is_pillows(size: int, pixels: np.ndarray) -> None:
    grey = Picture.fromarray(pixels).convert("L")
    expected = np.asarray(grey.resize((size, size), Picture.Resampling.BICUBIC))
    np.testing.assert_array_equal(decode(encoded(pixels), size)[..., 0], expected, strict=True)


@pytest.mark.parametrize("size", [4, 32])
def test_an_even_surface_stays_even(size: int) -> None:
    even = np.full((10, 15), 77, np.uint8)
    np.testing.assert_array_equal(decode(encoded(even), size), np.full((size, size, 1), 77))


@pytest.mark.parametrize(
    ("colour", "grey"), [((255, 255, 255), 255), ((255, 0, 0), 76), ((0, 255, 0), 150)]
)
def test_grey_is_the_luma_of_itu_r_601(colour: tuple[int, int, int], grey: int) -> None:
    pixels = np.full((8, 8, 3), colour, np.uint8)
    assert set(decode(encoded(pixels), 8).ravel().tolist()) == {grey}


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"<svg></svg>"],
)
def test_bytes_that_are_no_image_are_named(data: bytes) -> None:
    message = complaint(data)
    assert message.startswith("scans/7.png: cannot be decoded (")
    assert message.endswith("); mend or remove it at its source")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "JPEG", "WEBP"])
def test_a_truncated_image_is_named(kind: str, share: float) -> None:
    data = encoded(COLOUR, kind).data
    assert complaint(data[: int(share * len(data))]).startswith("scans/7.png: cannot be decoded (")


def test_an_image_of_billions_of_pixels_is_named() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    assert "exceeds limit" in complaint(b"\x89PNG\r\n\x1a\n" + chunk + bytes(4) + b"IDAT")


@pytest.mark.parametrize("channels", [1, 3])
def test_moments_are_those_of_numpy(channels: int) -> None:
    images = np.random.default_rng(2).integers(0, 256, (20, 5, 6, channels), np.uint8)
    mean, std = moments(images)
    assert mean == pytest.approx((images / 255).mean((0, 1, 2)).tolist(), rel=1e-13)
    assert std == pytest.approx((images / 255).std((0, 1, 2)).tolist(), rel=1e-13)


@pytest.mark.parametrize(
    ("values", "mean", "std"), [([0, 255], 0.5, 0.5), ([0, 0], 0.0, 0.0), ([51, 51], 0.2, 0.0)]
)
def test_moments_of_two_pixels(values: list[int], mean: float, std: float) -> None:
    images = np.array(values, np.uint8).reshape(2, 1, 1, 1)
    means, stds = moments(images)
    assert means == pytest.approx((mean,))
    assert stds == pytest.approx((std,))


def test_moments_do_not_depend_on_the_order_of_the_images() -> None:
    images = np.random.default_rng(3).integers(0, 256, (99, 3, 3, 1), np.uint8)
    assert moments(images) == moments(images[::-1])


@pytest.mark.parametrize("images", [np.zeros((2, 3, 3, 1)), np.zeros((2, 3, 3), np.uint8)])
def test_moments_of_other_types_or_shapes_are_refused(images: np.ndarray) -> None:
    with pytest.raises(TypeCheckError):
        moments(images)
