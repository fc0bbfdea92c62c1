"""TIFF files by their tags, against the pixels that were put in, and tifffile."""

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from toys import pixels

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

RNG = np.random.default_rng(11)
HEIGHT, WIDTH = 6, 8
BITS, PHOTOMETRIC, FORMAT, LARGEST, COLOURS, SAMPLES = 258, 262, 339, 281, 320, 277


def tiff(data: bytes, tags: Mapping[int, int | Sequence[int]], order: str = "<") -> bytes:
    """Return a file of one strip, with tags of 16-bit numbers; the tags come first."""
    size = {256: WIDTH, 257: HEIGHT, 259: 1, 278: HEIGHT, 277: 1, **tags}
    numbers = {tag: [n] if isinstance(n, int) else list(n) for tag, n in size.items()}
    numbers |= {273: [0], 279: [len(data)]}
    start = 8 + 2 + 12 * len(numbers) + 4
    far, entries = b"", b""
    for tag, values in sorted(numbers.items()):
        packed = struct.pack(f"{order}{len(values)}H", *values)
        if len(packed) > 4:
            place, far = start + len(far), far + packed
            packed = struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, 3, len(values)) + packed.ljust(4, b"\0")
    entry = struct.pack(f"{order}HHI", 273, 3, 1)
    at = entries.index(entry) + len(entry)
    entries = entries[:at] + struct.pack(f"{order}H", start + len(far)) + entries[at + 2 :]
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(numbers))
    return head + entries + bytes(4) + far + data


def grey(bits: int) -> np.ndarray:
    values = RNG.integers(0, 2**bits, (HEIGHT, WIDTH))
    values[0, :2] = 0, 2**bits - 1
    return values


def scaled(values: np.ndarray, bits: int) -> np.ndarray:
    found: np.ndarray = np.floor(values * 255.0 / (2**bits - 1) + 0.5).astype(int)
    return found


def packed(values: np.ndarray, bits: int) -> bytes:
    """Pack rows of pixels bit by bit, each padded to whole bytes."""
    found = (values[..., None] >> np.arange(bits)[::-1]) & 1
    return np.packbits(found.reshape(len(values), -1).astype(bool), axis=1).tobytes()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, 1)).astype(int)


def complaint(data: bytes) -> str:
    with pytest.raises(UndecodableError) as caught:
        decode(data, 3)
    return str(caught.value)


def test_12_bits_are_scaled_by_12_bits() -> None:
    values = grey(12)
    found = decoded(tiff(packed(values, 12), {BITS: 12, PHOTOMETRIC: 1}))
    np.testing.assert_array_equal(found, scaled(values, 12))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("white", [0, 1])
def test_few_bits_are_scaled_by_as_many(bits: int, white: int) -> None:
    values = grey(bits)
    found = decoded(tiff(packed(values, bits), {BITS: bits, PHOTOMETRIC: white}))
    wanted = scaled(values, bits)
    np.testing.assert_array_equal(found, wanted if white else 255 - wanted)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_16_bits_that_hold_fewer_and_say_so_are_scaled_by_those(bits: int, order: str) -> None:
    values = grey(bits)
    tags = {BITS: 16, PHOTOMETRIC: 1, LARGEST: 2**bits - 1}
    found = decoded(tiff(values.astype(f"{order}u2").tobytes(), tags, order))
    np.testing.assert_array_equal(found, scaled(values, bits))


@pytest.mark.parametrize("said", [4095, 60000])
def test_a_largest_value_that_is_none_is_not_believed(said: int) -> None:
    values = grey(16)
    tags = {BITS: 16, PHOTOMETRIC: 1, LARGEST: said}
    np.testing.assert_array_equal(
        decoded(tiff(values.astype("<u2").tobytes(), tags)), scaled(values, 16)
    )


def test_8_bits_that_hold_fewer_and_say_so_are_scaled_by_those() -> None:
    values = grey(4)
    tags = {BITS: 8, PHOTOMETRIC: 1, LARGEST: 15}
    np.testing.assert_array_equal(
        decoded(tiff(values.astype(np.uint8).tobytes(), tags)), scaled(values, 4)
    )


def test_white_may_be_zero_of_16_bits() -> None:
    values = grey(16)
    found = decoded(tiff(values.astype("<u2").tobytes(), {BITS: 16, PHOTOMETRIC: 0}))
    np.testing.assert_array_equal(found, 255 - scaled(values, 16))


@pytest.mark.parametrize("kind", [np.int8, np.int16])
@pytest.mark.parametrize("lowest", [-100, 0])
def test_signed_pixels_are_refused(kind: type[np.signedinteger[Any]], lowest: int) -> None:
    values: np.ndarray = RNG.integers(lowest, 100, (HEIGHT, WIDTH)).astype(kind)
    tags = {BITS: 8 * values.itemsize, PHOTOMETRIC: 1, FORMAT: 2}
    assert complaint(tiff(values.tobytes(), tags)) == "signed pixels have no known range"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({BITS: 12, PHOTOMETRIC: 0}, "BitsPerSample (12,), PhotometricInterpretation 0"),
        ({BITS: 14, PHOTOMETRIC: 1}, "BitsPerSample (14,), PhotometricInterpretation 1"),
        ({BITS: 64, PHOTOMETRIC: 1, FORMAT: 3}, "BitsPerSample (64,)"),
    ],
)
def test_what_pillow_does_not_read_is_refused_by_name(tags: dict[int, int], told: str) -> None:
    assert f"a TIFF file of a kind that Pillow does not read ({told}" in complaint(
        tiff(bytes(999), tags)
    )


@pytest.mark.parametrize("factor", [1, 256, 257])
def test_colours_of_a_palette_may_have_8_or_16_bits(factor: int) -> None:
    colours = RNG.integers(0, 256, (256, 3))
    index = RNG.integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    tags: dict[int, int | Sequence[int]] = {BITS: 8, PHOTOMETRIC: 3}
    tags |= {COLOURS: (colours.T * factor).ravel().tolist()}
    found = np.asarray(decode(tiff(index.tobytes(), tags), 3))
    np.testing.assert_array_equal(found, colours[index])


def test_colours_of_16_bits_that_hold_12_are_refused_for_pillow_keeps_4_of_them() -> None:
    values = RNG.integers(0, 4096, (HEIGHT, WIDTH, 3)).astype("<u2")
    tags: dict[int, int | Sequence[int]] = {BITS: (16, 16, 16), PHOTOMETRIC: 2, SAMPLES: 3}
    said = tags | {LARGEST: (4095, 4095, 4095)}
    assert "colours of 12 of 16 bits" in complaint(tiff(values.tobytes(), said))
    assert decode(tiff((values * 16).tobytes(), said), 3).getextrema() != ((0, 15),) * 3


@pytest.mark.parametrize("compression", ["none", "zlib", "lzw", "packbits"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["grey", "white is zero", "colour", "planes", "tiles", "16 bits"])
def test_pixels_are_those_that_tifffile_reads(kind: str, order: str, compression: str) -> None:
    tifffile = pytest.importorskip("tifffile", reason="the other decoder is not installed")
    shape = (3, 40, 32) if kind == "planes" else (40, 32, 3) if kind == "colour" else (40, 32)
    depth = 65536 if kind == "16 bits" else 256
    values = RNG.integers(0, depth, shape).astype(np.uint16 if depth > 256 else np.uint8)
    photometric = {"white is zero": "miniswhite", "colour": "rgb", "planes": "rgb"}
    options: dict[str, Any] = {"planarconfig": "separate"} if kind == "planes" else {}
    options |= {"tile": (16, 16)} if kind == "tiles" else {}
    file = BytesIO()
    tifffile.imwrite(
        file, values, byteorder=order, photometric=photometric.get(kind, "minisblack"),
        compression=None if compression == "none" else compression, **options,
    )  # fmt: skip
    file.seek(0)
    oracle = tifffile.imread(file)
    np.testing.assert_array_equal(oracle, values)
    wanted = np.moveaxis(oracle, 0, -1) if kind == "planes" else oracle
    wanted = scaled(wanted, 16) if depth > 256 else wanted.astype(int)
    wanted = 255 - wanted if kind == "white is zero" else wanted
    found = np.asarray(decode(file.getvalue(), 3)).astype(int)
    wanted = wanted if wanted.ndim == 3 else np.stack([wanted] * 3, axis=-1)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "jpeg", "zstd", "lzma"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_strips_that_were_never_written_are_refused(compression: str, share: float) -> None:
    tifffile = pytest.importorskip("tifffile", reason="the other decoder is not installed")
    file = BytesIO()
    tifffile.imwrite(
        file, pixels(0, 120, 100), photometric="rgb", compression=compression, rowsperstrip=24
    )
    data = file.getvalue()
    decode(data, 3)
    kept = data[: int(share * len(data))]
    with pytest.raises(UndecodableError):
        decode(kept + bytes(len(data) - len(kept)), 3)
    with pytest.raises(UndecodableError):
        decode(kept, 3)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", "jpeg", "zstd", "lzma"])
def test_an_even_area_is_no_strip_that_was_never_written(compression: str) -> None:
    tifffile = pytest.importorskip("tifffile", reason="the other decoder is not installed")
    values = np.zeros((600, 700, 3), np.uint8)
    values[:200] = pixels(1, 200, 700)
    file = BytesIO()
    tifffile.imwrite(file, values, photometric="rgb", compression=compression, rowsperstrip=300)
    assert np.asarray(decode(file.getvalue(), 3))[-1].max() <= 1
