import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import PngImagePlugin
from toys import encoded, pixels

from reprise.codecs import png
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

SCENE = pixels(0, 40, 50)
PLAIN = encoded(SCENE)
LONG = 3 * 2**20  # bytes: Pillow unpacks one of the text or profile
EXIF = Picture.Exif()
EXIF[0x0112] = 6  # turned by a quarter


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunks(*added: bytes, last: bool = False, data: bytes = PLAIN) -> bytes:
    """Return a file with more chunks, behind the head or before the end."""
    at = len(data) - 12 if last else 33
    return data[:at] + b"".join(added) + data[at:]


PACKED = zlib.compress(bytes(LONG))
UNREAD = {
    "zTXt": chunk(b"zTXt", b"workflow\0\0" + PACKED),
    "iTXt": chunk(b"iTXt", b"workflow\0\1\0\0\0" + PACKED),
    "iCCP": chunk(b"iCCP", b"profile\0\0" + PACKED),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + PACKED),
    "EXIF as text": chunk(b"zTXt", b"Raw profile type exif\0\0" + PACKED),
    "many": b"".join(chunk(b"tEXt", b"a%d\0" % n + b"x" * 2**20) for n in range(70)),
    "unknown method": chunk(b"zTXt", b"a\0\7" + PACKED),
    "short gAMA": chunk(b"gAMA", b"\0"),
    "short cHRM": chunk(b"cHRM", b"\0"),
    "damaged": chunk(b"tEXt", b"a\0text")[:-1] + b"?",
}


def turned(data: bytes) -> bool:
    return decode(data, 3).size == (40, 50)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", UNREAD)
def test_what_nobody_reads_is_passed_over(kind: str, *, last: bool) -> None:
    data = with_chunks(UNREAD[kind], last=last)
    np.testing.assert_array_equal(np.asarray(decode(data, 3)), SCENE)


@pytest.mark.parametrize("kind", UNREAD)
def test_beside_it_exif_says_which_side_is_up(kind: str) -> None:
    assert turned(with_chunks(UNREAD[kind], data=encoded(SCENE, exif=EXIF)))


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_beside_it_xmp_says_which_side_is_up(kind: str) -> None:
    text = b'<x tiff:Orientation="6"/>'
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text)
    assert turned(with_chunks(xmp))
    assert turned(with_chunks(UNREAD[kind], xmp))


def test_a_bomb_of_text_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = list[int]()

    def watched(text: bytes) -> bytes:
        found = zlib.decompressobj().decompress(text, 2**20)
        unpacked.append(len(found))
        raise ValueError("too large")

    monkeypatch.setattr(PngImagePlugin, "_safe_zlib_decompress", watched)
    assert not turned(with_chunks(UNREAD["zTXt"]))
    assert unpacked == [2**20]


def test_a_file_without_texts_is_the_same_object() -> None:
    assert png.bare(PLAIN) is PLAIN
    assert png.bare(b"text") == b"text"
    assert png.bare(with_chunks(UNREAD["iTXt"])) == PLAIN


@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "P", "I;16"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_zeros_in_place_of_pixels_are_refused(kind: str, share: float) -> None:
    found = Picture.fromarray(SCENE)
    made = found.quantize(30) if kind == "P" else found.convert("L" if kind == "I;16" else kind)
    data = encoded(made.convert("I;16") if kind == "I;16" else made)
    kept = data[: int(share * len(data))]
    for end in (b"", data[-12:]):
        with pytest.raises(UndecodableError):
            decode(kept + bytes(len(data) - len(kept) - len(end)) + end, 3)
        with pytest.raises(UndecodableError):
            decode(kept + end, 3)


def test_a_changed_byte_of_the_pixels_is_refused() -> None:
    at = PLAIN.index(b"IDAT") + 50
    with pytest.raises(UndecodableError):
        decode(PLAIN[:at] + bytes([PLAIN[at] ^ 1]) + PLAIN[at + 1 :], 3)


def test_a_wrong_checksum_of_a_part_is_no_matter_where_that_of_the_pixels_is_right() -> None:
    at = PLAIN.index(b"IEND") - 8
    data = PLAIN[:at] + bytes(4) + PLAIN[at + 4 :]
    assert data != PLAIN
    np.testing.assert_array_equal(np.asarray(decode(data, 3)), SCENE)


@pytest.mark.parametrize("missing", range(1, 17))
def test_a_file_whose_pixels_are_all_there_needs_no_end(missing: int) -> None:
    np.testing.assert_array_equal(np.asarray(decode(PLAIN[:-missing], 3)), SCENE)
