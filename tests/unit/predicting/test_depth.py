"""Pixels of other depths than 8 bits, against those that were put in, and another decoder."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs import depth
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

imagecodecs = pytest.importorskip("imagecodecs", reason="the other decoder is not installed")
RNG = np.random.default_rng(7)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, 1)).astype(int)


def of(bits: int) -> np.ndarray:
    """Return grey pixels of some bits, black and white among them."""
    found = RNG.integers(0, 2**bits, (12, 17)).astype(np.uint16)
    found[0, :2] = 0, 2**bits - 1
    return found


def expected(values: np.ndarray, bits: int) -> np.ndarray:
    scaled: np.ndarray = np.floor(values.astype(float) * 255 / (2**bits - 1) + 0.5).astype(int)
    return scaled


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(data: bytes, name: bytes, content: bytes) -> bytes:
    """Put a chunk behind the head of a PNG file."""
    return data[:33] + chunk(name, content) + data[33:]


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 15, 16])
@pytest.mark.parametrize("container", ["jp2", "j2k"])
def test_jpeg_2000_of_more_bits_is_scaled_by_its_depth(bits: int, container: str) -> None:
    values = of(bits)
    data = imagecodecs.jpeg2k_encode(
        values, bitspersample=bits, codecformat=container, reversible=True, level=0
    )
    np.testing.assert_array_equal(imagecodecs.jpeg2k_decode(data), values)
    if bits == 9 and container == "jp2":  # Pillow makes 8 bits of them itself, as of colours
        with pytest.raises(UndecodableError, match="takes white for black"):
            decode(data, 1)
    else:
        np.testing.assert_array_equal(decoded(data), expected(values, bits))


@pytest.mark.parametrize("bits", [9, 10, 12, 16])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_jpeg_2000_of_more_bits_are_right_or_refused(bits: int, channels: int) -> None:
    values = RNG.integers(0, 2**bits, (12, 17, channels)).astype(np.uint16)
    values[0] = 2**bits - 1
    data = imagecodecs.jpeg2k_encode(values, bitspersample=bits, reversible=True, level=0)
    with pytest.raises(UndecodableError, match=f"JPEG 2000 of {bits} bits a channel"):
        decode(data, 3)
    values = np.clip(values[..., :3], 2**bits // 50, 2**bits - 2**bits // 50)
    data = imagecodecs.jpeg2k_encode(values, bitspersample=bits, reversible=True, level=0)
    # Pillow drops bits, of which 1/256 is half a level more or less.
    assert abs(np.asarray(decode(data, 3)) - values * 255.0 / (2**bits - 1)).max() <= 1.5


@pytest.mark.parametrize("bits", [1, 2, 4, 7, 8])
def test_jpeg_2000_of_fewer_bits_is_scaled_by_its_depth(bits: int) -> None:
    values = of(bits).astype(np.uint8)
    data = imagecodecs.jpeg2k_encode(values, bitspersample=bits, reversible=True, level=0)
    np.testing.assert_array_equal(decoded(data), expected(values, bits))


@pytest.mark.parametrize("maximum", [1, 15, 100, 255, 1023, 4095, 65535])
def test_a_pgm_is_scaled_by_the_maximum_that_it_states(maximum: int) -> None:
    values = RNG.integers(0, maximum + 1, (5, 9))
    values[0, 0] = maximum
    raw = values.astype(np.uint8 if maximum < 256 else ">u2").tobytes()
    found = decoded(b"P5 9 5 %d\n" % maximum + raw)
    assert abs(found - values * 255 / maximum).max() <= 0.51
    np.testing.assert_array_equal(found == 255, values * 255 / maximum >= 254.5)


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_a_png_of_16_bits_that_holds_fewer_and_says_so_is_scaled_by_those(bits: int) -> None:
    values = of(bits)
    data = with_chunk(encoded(values), b"sBIT", bytes([bits]))
    np.testing.assert_array_equal(decoded(data), expected(values, bits))


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("darkness", [1, 40])
def test_a_png_that_was_scaled_to_16_bits_as_it_should_is_left_as_it_is(
    bits: int, darkness: int
) -> None:
    original = of(bits) // darkness
    for scaled in (
        original << (16 - bits),
        original << (16 - bits) | original >> (2 * bits - 16),
        np.rint(original * 65535.0 / (2**bits - 1)),
    ):
        values = scaled.astype(np.uint16)
        data = with_chunk(encoded(values), b"sBIT", bytes([bits]))
        np.testing.assert_array_equal(decoded(data), expected(values, 16))


def test_a_png_of_8_bits_that_holds_fewer_and_says_so_is_scaled_by_those() -> None:
    values = of(4).astype(np.uint8)
    data = with_chunk(encoded(values), b"sBIT", b"\x04")
    np.testing.assert_array_equal(decoded(data), expected(values, 4))


def test_the_palette_of_a_png_is_not_scaled() -> None:
    picture = Picture.fromarray(pixels(0)).quantize(20)
    data = encoded(picture)
    assert decoded(with_chunk(data, b"sBIT", b"\x05\x05\x05")).tolist() == decoded(data).tolist()


def coloured(values: np.ndarray, *chunks: bytes) -> bytes:
    """Return a PNG file of colours of 16 bits [H, W, 3]."""
    height, width, _ = values.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", zlib.compress(lines))]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IEND", b"")])


def test_colours_of_16_bits_that_hold_12_are_refused_for_pillow_keeps_4_of_them() -> None:
    dark = RNG.integers(0, 4096, (6, 7, 3))
    with pytest.raises(UndecodableError, match="colours of 12 of 16 bits"):
        decode(coloured(dark, chunk(b"sBIT", b"\x0c\x0c\x0c")), 3)
    bright = np.asarray(decode(coloured(dark * 16, chunk(b"sBIT", b"\x0c\x0c\x0c")), 3))
    assert abs(bright - dark * 16 / 257).max() <= 1


@pytest.mark.parametrize("key", [(0x1234, 0x5678, 0x9ABC), (0, 0, 0), (65535, 65535, 65535)])
def test_the_transparent_colour_of_a_png_of_16_bits_becomes_white(
    key: tuple[int, int, int],
) -> None:
    values = RNG.integers(0, 65536, (6, 7, 3))
    values[2, 3] = key
    found = np.asarray(decode(coloured(values, chunk(b"tRNS", struct.pack(">3H", *key))), 3))
    assert found[2, 3].tolist() == [255, 255, 255]
    assert abs(found.astype(int) - values / 257)[3:].max() <= 1


@pytest.mark.parametrize(("bits", "key"), [(1, 0), (1, 1), (2, 1), (2, 2), (4, 0), (4, 7), (4, 15)])
def test_the_transparent_grey_of_a_png_of_few_bits_becomes_white(bits: int, key: int) -> None:
    values = np.arange(2**bits).repeat(8)  # whole bytes
    packed = np.packbits(((values[:, None] >> np.arange(bits)[::-1]) & 1).astype(bool))
    head = struct.pack(">IIBBBBB", len(values), 1, bits, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", head),
            chunk(b"tRNS", struct.pack(">H", key)),
            chunk(b"IDAT", zlib.compress(b"\0" + packed.tobytes())),
            chunk(b"IEND", b""),
        ]
    )
    wanted = np.where(values == key, 255, expected(values, bits))
    np.testing.assert_array_equal(decoded(data)[0], wanted)


@pytest.mark.parametrize("mode", ["I", "I;16"])
def test_a_format_that_does_not_say_how_bright_white_is_is_refused(mode: str) -> None:
    picture = Picture.new(mode, (3, 2))
    picture.format = "NEW"
    with pytest.raises(UndecodableError, match="of a NEW file have no known range"):
        depth.standard(picture, b"")
