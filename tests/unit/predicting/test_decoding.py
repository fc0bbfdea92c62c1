import errno
import re
import struct
import warnings
import zlib
from io import BytesIO
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs import complaints, completeness
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import LARGEST, decode, eight_bits
from reprise.spec import Channels

# Pillow warns of damage that it copes with; the pool turns that off.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

GREY, COLOUR = pixels(0, channels=1), pixels(1)
ALPHA = pixels(2, channels=1)
KINDS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]
LEVELS = np.array([[0, 1, 128, 129], [256, 385, 32768, 65535]], np.uint16)  # of 16 bits
ORIENTATION = 0x0112


def decoded(data: bytes, channels: Channels = 3) -> np.ndarray:
    """Return the pixels as integers that can be subtracted."""
    picture = decode(data, channels)
    assert picture.mode == {1: "L", 3: "RGB"}[channels]
    return np.asarray(picture).astype(int)


def complaint(data: bytes, channels: Channels = 3) -> str:
    with pytest.raises(UndecodableError) as caught:
        decode(data, channels)
    return str(caught.value)


def luma(colour: np.ndarray) -> np.ndarray:
    """Return the luma of ITU-R 601 as Pillow rounds it, of RGB [..., 3]."""
    weighted: np.ndarray = colour.astype(int) @ [19595, 38470, 7471]
    return (weighted + 2**15) >> 16


def over_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return colour [H, W, C] by its alpha [H, W] on white, in real numbers."""
    share = alpha[..., None] / 255
    mixed: np.ndarray = share * colour + (1 - share) * 255
    return mixed


def png(colour_type: int, depth: int, rows: np.ndarray, transparent: bytes = b"") -> bytes:
    """Return a PNG file of rows [H, bytes], of kinds that Pillow does not write."""
    height, samples = len(rows), {0: 1, 2: 3}[colour_type]
    width = rows.shape[1] * 8 // depth // samples
    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = [(b"IHDR", head), (b"tRNS", transparent), (b"IDAT", zlib.compress(lines))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [*chunks, (b"IEND", b"")]
        if data or name == b"IEND"
    )


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_a_lossless_format_keeps_every_colour(kind: str) -> None:
    data = encoded(COLOUR, kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decoded(data), COLOUR)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_lossless_format_keeps_every_grey(kind: str) -> None:
    np.testing.assert_array_equal(decoded(encoded(GREY, kind), 1), GREY)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_a_lossy_format_decodes_as_pillow_does(kind: str) -> None:
    data = encoded(COLOUR, kind)
    with Picture.open(BytesIO(data)) as picture:
        expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(decoded(data), expected)
    np.testing.assert_array_equal(decoded(data, 1), luma(expected))


def test_grey_becomes_three_equal_channels() -> None:
    np.testing.assert_array_equal(decoded(encoded(GREY)), np.stack([GREY] * 3, axis=-1))


@pytest.mark.parametrize(
    ("colour", "grey"), [((255, 255, 255), 255), ((255, 0, 0), 76), ((0, 255, 0), 150)]
)
def test_colour_becomes_the_luma_of_itu_r_601(colour: tuple[int, int, int], grey: int) -> None:
    data = encoded(np.full((2, 3, 3), colour, np.uint8))
    assert set(decoded(data, 1).ravel().tolist()) == {grey}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_counts(kind: str) -> None:
    frames = [Picture.fromarray(np.full((4, 4, 3), level, np.uint8)) for level in (40, 200)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert abs(decoded(data) - 40).max() <= 1


def test_black_and_white_become_0_and_255() -> None:
    bits = GREY > 99
    np.testing.assert_array_equal(decoded(encoded(Picture.fromarray(bits)), 1), bits * 255)


@pytest.mark.parametrize("mode", ["P", "PA"])
def test_a_palette_is_looked_up(mode: str) -> None:
    picture = Picture.fromarray(COLOUR).quantize(5)
    data = encoded(picture.convert(mode), "TIFF")
    palette = np.array(picture.getpalette()).reshape(-1, 3)
    expected = palette[np.asarray(picture)]
    np.testing.assert_array_equal(decoded(data), expected)
    np.testing.assert_array_equal(decoded(data, 1), luma(expected))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_lets_white_through(kind: str) -> None:
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = encoded(np.dstack([COLOUR, ALPHA]), kind, **options)
    assert abs(decoded(data) - over_white(COLOUR, ALPHA)).max() <= 1
    np.testing.assert_array_equal(decoded(data, 1), luma(decoded(data)))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_alpha_of_grey_lets_white_through(kind: str) -> None:
    data = encoded(Picture.merge("LA", [Picture.fromarray(a) for a in (GREY, ALPHA)]), kind)
    expected = over_white(GREY[..., None], ALPHA)[..., 0]
    assert abs(decoded(data, 1) - expected).max() <= 1


def test_alpha_beside_a_palette_lets_white_through() -> None:
    picture = Picture.fromarray(COLOUR).quantize(5).convert("PA")
    picture.putalpha(Picture.fromarray(ALPHA))
    colour = np.asarray(picture.convert("RGB"))
    found = np.asarray(eight_bits(picture, 3).picture).astype(int)
    assert abs(found - over_white(colour, ALPHA)).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_becomes_white(kind: str) -> None:
    picture = Picture.fromarray(COLOUR).quantize(5)
    index = np.asarray(picture)
    expected = np.array(picture.convert("RGB"))
    expected[index == index[0, 0]] = 255
    data = encoded(picture, kind, transparency=int(index[0, 0]))
    np.testing.assert_array_equal(decoded(data), expected)


def test_a_palette_with_an_alpha_each_lets_white_through() -> None:
    picture = Picture.fromarray(COLOUR).quantize(3)
    alphas = np.array([0, 100, 255], np.uint8)
    data = encoded(picture, transparency=alphas.tobytes())
    expected = over_white(np.asarray(picture.convert("RGB")), alphas[np.asarray(picture)])
    assert abs(decoded(data) - expected).max() <= 1


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (GREY, int(GREY[2, 3])),
        (COLOUR, tuple(COLOUR[2, 3].tolist())),
        (LEVELS, 385),
        (GREY > 99, 1),
    ],
    ids=["grey", "colour", "16 bits", "1 bit"],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_colour_of_a_png_becomes_white(
    found: np.ndarray, key: object, channels: Channels
) -> None:
    clear = (found == key).reshape(*found.shape[:2], -1).all(-1)
    opaque = decoded(encoded(found), channels)
    opaque[clear] = 255
    assert clear.any()
    np.testing.assert_array_equal(decoded(encoded(found, transparency=key), channels), opaque)


def test_cmyk_is_what_the_inks_leave_of_white() -> None:
    inks = np.dstack([COLOUR, ALPHA])
    data = encoded(Picture.frombytes("CMYK", (7, 6), inks.tobytes()), "TIFF")
    expected = (1 - COLOUR / 255) * (255 - ALPHA[..., None].astype(int))
    assert abs(decoded(data) - expected).max() <= 1
    np.testing.assert_array_equal(decoded(data, 1), luma(decoded(data)))


def test_a_jpeg_of_four_inks_is_decoded() -> None:
    even = Picture.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert abs(decoded(encoded(even, "JPEG"))[0, 0] - [255, 0, 0]).max() <= 3


def test_ycbcr_becomes_rgb() -> None:
    picture = Picture.frombytes("YCbCr", (7, 6), COLOUR.tobytes())
    luminance, blue, red = np.moveaxis(COLOUR.astype(float), -1, 0) - [[[0]], [[128]], [[128]]]
    channels = [
        luminance + 1.402 * red,
        luminance - 0.344136 * blue - 0.714136 * red,
        luminance + 1.772 * blue,
    ]
    expected = np.clip(np.dstack(channels), 0, 255)
    assert abs(np.asarray(eight_bits(picture, 3).picture) - expected).max() <= 1.5


def test_cielab_is_decoded_to_grey_and_colour_alike() -> None:
    data = encoded(Picture.new("LAB", (3, 2), (128, 128, 128)), "TIFF")
    np.testing.assert_array_equal(decoded(data, 1), luma(decoded(data)))


def big_endian() -> bytes:
    return encoded(Picture.frombytes("I;16B", (4, 2), LEVELS.astype(">u2").tobytes()), "TIFF")


@pytest.mark.parametrize(
    "data",
    [
        encoded(LEVELS, "PNG"),
        encoded(LEVELS, "TIFF"),
        big_endian(),
        encoded(LEVELS.astype(np.int32), "TIFF"),
        b"P5 4 2 65535\n" + LEVELS.astype(">u2").tobytes(),
    ],
    ids=["PNG", "TIFF", "big endian", "32 bits in the range of 16", "PGM"],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_rounded_to_8(data: bytes, channels: Channels) -> None:
    found = decoded(data, channels).reshape(2, 4, -1)
    expected = np.rint(LEVELS / 257)
    np.testing.assert_array_equal(found, np.repeat(expected[..., None], channels, axis=-1))


def test_colour_of_16_bits_keeps_the_upper_8() -> None:
    colour = np.random.default_rng(5).integers(0, 2**16, (6, 7, 3)).astype(">u2")
    rows = np.frombuffer(colour.tobytes(), np.uint8).reshape(6, -1)
    assert abs(decoded(png(2, 16, rows)) - colour / 257).max() <= 1


@pytest.mark.parametrize("value", [-1, 65536])
def test_32_bits_out_of_the_range_of_16_are_refused(value: int) -> None:
    data = encoded(np.full((2, 2), value, np.int32), "TIFF")
    assert complaint(data) == "32-bit pixels have no known range"


@pytest.mark.parametrize(
    "data",
    [encoded(np.ones((2, 2), np.float32), "TIFF"), b"Pf\n1 1\n-1.0\n" + struct.pack("<f", 1)],
    ids=["TIFF", "PFM"],
)
def test_floating_point_is_refused(data: bytes) -> None:
    assert complaint(data) == "floating-point pixels have no known range"


def turned(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Return upright pixels as a camera stores them under an EXIF orientation.

    Of the stored rows and columns, EXIF says at which side of the scene the first is.
    """
    stored = {
        1: upright,  # top, left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: upright.swapaxes(0, 1),  # left, top
        6: upright[:, ::-1].swapaxes(0, 1),  # right, top
        7: upright[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: upright[::-1].swapaxes(0, 1),  # left, bottom
    }
    return np.ascontiguousarray(stored[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_undone(kind: str, orientation: int) -> None:
    exif = Picture.Exif()
    exif[ORIENTATION] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(turned(COLOUR, orientation), kind, exif=exif, **options)
    np.testing.assert_array_equal(decoded(data), COLOUR)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_of_one_bright_corner_is_turned_upright(orientation: int) -> None:
    upright = np.zeros((16, 24), np.uint8)
    upright[:8, :8] = 255
    exif = Picture.Exif()
    exif[ORIENTATION] = orientation
    found = decoded(encoded(turned(upright, orientation), "JPEG", exif=exif), 1)
    np.testing.assert_array_equal(found > 127, upright > 127)


def test_orientation_keeps_the_transparent_colour() -> None:
    exif = Picture.Exif()
    exif[ORIENTATION] = 6
    data = encoded(turned(GREY, 6), exif=exif, transparency=int(GREY[0, 0]))
    expected = np.where(GREY[0, 0] == GREY, 255, GREY)
    np.testing.assert_array_equal(decoded(data, 1), expected)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage",
        b"Exif\0\0XX*\0\x08\0\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x02\0\0\0a\0\0\0\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\x05\0\0\0\xff\0\0\0",
    ],
    ids=["none", "text", "magic", "far", "short", "9", "text in it", "fractions"],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_broken_exif_leaves_the_pixels_as_they_are(kind: str, exif: bytes) -> None:
    expected = decoded(encoded(COLOUR, kind))
    np.testing.assert_array_equal(decoded(encoded(COLOUR, kind, exif=exif)), expected)


def test_exif_that_makes_the_parser_raise_leaves_the_pixels_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Picture.Image) -> None:
        raise struct.error("required argument is not an integer")

    monkeypatch.setattr(Picture.Image, "getexif", fail)
    np.testing.assert_array_equal(decoded(encoded(COLOUR)), COLOUR)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"a photograph of a cat",
        b"<svg></svg>",
        b"BMW is a car",
        bytes(1000),
    ],
)
def test_bytes_that_are_no_image_are_refused(data: bytes) -> None:
    assert complaint(data) == "no picture of a kind that can be read"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0"])
def test_the_begin_of_an_image_is_one_cut_short(data: bytes) -> None:
    assert complaint(data) == complaints.SHORT


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_image_is_refused(kind: str, share: float) -> None:
    data = encoded(pixels(3, 40, 50), kind)
    assert complaint(data[: int(share * len(data))])


@pytest.mark.parametrize("data", [b"\x89HDF\r\n\x1a\n" + bytes(90), b"GRIB\0\0\0\1" + bytes(50)])
def test_a_format_that_pillow_knows_but_cannot_decode_is_refused(data: bytes) -> None:
    assert complaint(data) == complaints.NOTHING


def test_a_postscript_program_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_: pytest.fail("it was run"))
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    assert complaint(program) == "EPS is no image of pixels"


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG file that says it is large."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 9) + b"IDAT" + bytes(9)


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize("sides", [(100_000, 100_000), (10_000, 10_000), (1, 2**30), (9460, 9460)])
def test_a_decompression_bomb_is_refused_whatever_becomes_of_warnings(
    sides: tuple[int, int], action: Literal["error", "ignore"]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        assert complaint(bomb(*sides)) == "has more than 89,478,485 pixels; make it smaller"


def test_the_limit_is_the_size_that_pillow_warns_of() -> None:
    assert abs(LARGEST - (Picture.MAX_IMAGE_PIXELS or 0)) <= 1
    assert "more than" not in complaint(bomb(9459, 9459))


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(completeness, "load", fail)


def test_an_error_without_words_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(ZeroDivisionError(), monkeypatch)
    assert complaint(encoded(GREY, "TIFF")) == "ZeroDivisionError"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.EMFILE, "Too many open files"),
        RuntimeError("can't start new thread"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_what_the_machine_lacks_says_nothing_about_the_picture(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(error, monkeypatch)
    with pytest.raises(type(error)) as caught:
        decode(encoded(GREY), 3)
    assert caught.value is error


def test_what_is_lacking_while_exif_is_read_says_nothing_about_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Picture.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(Picture.Image, "getexif", fail)
    with pytest.raises(MemoryError):
        decode(encoded(COLOUR), 3)


VALID = [encoded(pixels(4, 9, 11), kind) for kind in KINDS]
VALID += [encoded(Picture.fromarray(COLOUR).quantize(4), transparency=1), encoded(LEVELS, "TIFF")]
VALID += [encoded(LEVELS), encoded(np.dstack([COLOUR, ALPHA]), "WEBP"), big_endian()]
HEADS = [b"", *(data[:12] for data in VALID), b"BM", b"P6 9 9 255\n", b"%!PS", b"II*\0", b"8BPS"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a valid file of which bytes are changed, cut out or put in."""
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, 8))
        data[start:end] = draw(st.binary(max_size=8))
    return bytes(data)


@settings(
    max_examples=400,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],  # no test depends on the machine's speed
)
@given(st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary(max_size=300)) | damaged())
def test_any_bytes_are_an_image_or_refused_with_a_reason(data: bytes) -> None:
    try:
        picture = decode(data, 3)
    except UndecodableError as error:
        reason = str(error)
    else:
        reason = "none"
        assert np.asarray(picture).shape == (picture.height, picture.width, 3)
    assert len(reason.splitlines()) == 1
    assert not re.search(r"0x[0-9a-f]{6}", reason)  # an address
