"""What Pillow does not open is named, with what to do."""

import importlib.util
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs import complaints, heif
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
