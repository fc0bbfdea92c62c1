"""What Pillow does not open is named, with what to do."""

import importlib.util
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import UnidentifiedImageError
from toys import encoded, pixels

from reprise.codecs import complaints, heif, kinds
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

BRANDS = [b"heic", b"heix", b"hevc", b"mif1", b"msf1"]


def complaint(data: bytes) -> str:
    with pytest.raises(UndecodableError) as caught:
        decode(data, 3)
    return str(caught.value)


def boxed(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1heic" + bytes(40)


@pytest.mark.parametrize("brand", BRANDS)
def test_heif_says_how_to_have_it_read(brand: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heif, "installed", lambda: False)
    assert complaint(boxed(brand)) == (
        "a HEIC or HEIF file: `pip install pillow-heif` to have it read, or convert it to JPEG"
    )


@pytest.mark.parametrize("brand", BRANDS)
def test_damaged_heif_is_refused_also_where_it_could_be_read(brand: bytes) -> None:
    assert "a HEIC or HEIF file" in complaint(boxed(brand))


@pytest.fixture
def written() -> bytes:
    """Return a HEIF file of an even picture, or skip where nothing writes it."""
    if importlib.util.find_spec("pillow_heif") is None:
        pytest.skip("pillow-heif is not installed")
    heif.register()
    file = BytesIO()
    Picture.new("RGB", (64, 48), (200, 30, 60)).save(file, "HEIF", quality=90)
    return file.getvalue()


def test_heif_is_read_where_the_package_is(written: bytes) -> None:
    found = np.asarray(decode(written, 3)).astype(int)
    assert found.shape == (48, 64, 3)
    assert abs(found - [200, 30, 60]).max() <= 6
    assert heif.is_heif(written)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_heif_that_ends_early_is_refused(written: bytes, share: float) -> None:
    assert complaint(written[: int(share * len(written))])


@pytest.mark.parametrize("start", [b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"])
def test_jpeg_xl_is_named(start: bytes) -> None:
    assert complaint(start + bytes(50)) == (
        "a JPEG XL file, which is not read here; convert it to PNG"
    )


def test_a_jpeg_of_12_bits_is_named() -> None:
    data = encoded(pixels(0, 20, 30, 1), "JPEG")
    frame = b"\xff\xc0\x00\x0b\x08"
    deep = data.replace(frame, frame[:-1] + b"\x0c")
    assert deep != data
    assert complaint(deep) == complaints.too_deep(12)


OTHERS = {  # all that Pillow writes or that begins in a known way, of formats that take no end
    "XBM": b"#define a_width 8\n#define a_height 8\nstatic char a_bits[] = {\n"
    b"0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x00};\n",
    "XPM": b'/* XPM */\nstatic char *a[] = {\n"1 1 1 1",\n"a c #000000",\n"a"\n};\n',
    "FITS": b"SIMPLE  =                    T".ljust(2880) + bytes(2880),
    "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 8, 8, 8, 3) + bytes(300),
    "QOI": b"qoif" + struct.pack(">IIBB", 8, 8, 3, 0) + b"\xfd" * 9,
    "DDS": encoded(pixels(0), "DDS"),
    "ICNS": encoded(Picture.new("RGBA", (16, 16)), "ICNS"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_format_without_an_end_in_time_is_named(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Picture.init()

    def refuse(*_: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setitem(Picture.OPEN, kind, (refuse, lambda _: True))
    assert complaint(OTHERS[kind]) == (
        f"a file of the format {kind}, which is not read; convert it to PNG"
    )


def test_every_other_format_of_pillow_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    Picture.init()
    tried = list[bytes]()
    for kind in Picture.ID:
        monkeypatch.setitem(Picture.OPEN, kind, (None, tried.append))
    monkeypatch.setattr(Picture, "ID", [*Picture.ID])
    with pytest.raises(UnidentifiedImageError):
        kinds.opened(BytesIO(b"a text"))
    assert len(tried) == len({*Picture.ID} & kinds.KINDS) >= 13
