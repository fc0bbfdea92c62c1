"""Error messages for pictures that cannot be read, shared by commands, server and page.

`reprise/demo/page/reasons.js` has the same sentences; tests/unit/predicting/test_same_reasons.py
gives the same files to both.
"""

EMPTY = "is empty (0 bytes)"
NOTHING = "no picture of a kind that can be read"
SHORT = "cut short or damaged: not all of its pixels are there"
EPS = "EPS is no image of pixels"
JPEG_XL = "a JPEG XL file, which is not read here; convert it to PNG"
COMMON = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"\0\0\1\0")  # the last: ICO


def too_large(most: int) -> str:
    """Return what is said of a picture with more pixels than are decoded."""
    return f"has more than {most:,} pixels; make it smaller"


def rare(name: str) -> str:
    """Return what is said of a format that is not opened."""
    return f"a file of the format {name}, which is not read; convert it to PNG"


def too_deep(bits: int) -> str:
    """Return what is said of a JPEG file of other than 8 bits a channel."""
    return f"a JPEG file of {bits} bits a channel, of which only those of 8 are read"


def is_common(data: bytes) -> bool:
    """Return whether a file begins as a picture of a kind that everything reads.

    Then it is damaged, if it is not read: no decoder lacks a part of these formats.
    """
    if data.startswith(COMMON) or data[4:12] in {b"ftypavif", b"ftypavis"}:
        return True
    if data.startswith(b"BM"):
        return data[6:10] == bytes(4)  # reserved; text may begin with these letters
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"
