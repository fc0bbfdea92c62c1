"""Say why Pillow does not open a file, and the remedy."""

from io import BytesIO

from PIL import features
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    PHOTOMETRIC_INTERPRETATION,
    PREFIXES,
    SAMPLEFORMAT,
    ImageFileDirectory_v2,
)

from reprise.codecs import complaints, heif, jpeg_scans

DEEPEST = 16  # bits of a channel of JPEG
XL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")


def describe(data: bytes) -> str:
    """Return why Pillow does not open a file, as far as its first bytes say."""
    if heif.is_heif(data):
        return heif.why()
    if data[4:12] in {b"ftypavif", b"ftypavis"} and not features.check("avif"):
        return "an AVIF file: `pip install -U pillow` to have it read, or convert it to PNG"
    if data.startswith(XL):
        return complaints.JPEG_XL
    try:
        return _tiff(data) if data.startswith(tuple(PREFIXES)) else _jpeg(data)
    except Exception:  # noqa: BLE001 - damaged bytes make the parser raise almost anything
        return _unknown(data)


def _jpeg(data: bytes) -> str:
    bits = jpeg_scans.bits(data)
    return complaints.too_deep(bits) if bits and 8 < bits <= DEEPEST else _unknown(data)


def _unknown(data: bytes) -> str:
    return complaints.SHORT if complaints.is_common(data) else complaints.NOTHING


def _tiff(data: bytes) -> str:
    """Name the tags that decide whether Pillow reads a file."""
    tags = ImageFileDirectory_v2(data[:16] if data[2] == 43 or data[3] == 43 else data[:8])
    file = BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    named = {
        "BitsPerSample": BITSPERSAMPLE,
        "PhotometricInterpretation": PHOTOMETRIC_INTERPRETATION,
        "SampleFormat": SAMPLEFORMAT,
    }
    found = [f"{name} {tags[tag]}" for name, tag in named.items() if tag in tags]
    if not found:
        return _unknown(data)
    return (
        f"a TIFF file of a kind that Pillow does not read ({', '.join(found)}); convert it to PNG"
    )
