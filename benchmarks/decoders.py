"""Hold `decode` against other decoders, over a folder of images of any kind.

    python -m benchmarks.decoders Pillow/Tests/images

The others are tifffile and imagecodecs (in the extra `dev`), neither of which is Pillow. Their
pixels are brought to 8 bits by the depth that the file states; an image with alpha is compared
where it is opaque, and one that `decode` turns upright, turned. For each file: equal (up to one
level in 255, or to 4 where two decoders of lossy formats round differently), refused with a reason,
different with how much, or nothing to compare with.
"""

import sys
import warnings
from collections import Counter
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image as Picture
from PIL.ExifTags import Base

from reprise.codecs.jpeg2000 import depths
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import UPRIGHT, decode

LOSSLESS, LOSSY = 1, 4  # levels of 255
STARTS = {
    b"\x89PNG": ("png", LOSSLESS),
    b"\xff\xd8\xff": ("jpeg8", LOSSY),
    b"\xff\x4f\xff\x51": ("jpeg2k", LOSSY),
    b"\x00\x00\x00\x0cjP  ": ("jpeg2k", LOSSY),
    b"GIF8": ("gif", LOSSLESS),
    b"BM": ("bmp", LOSSLESS),
    b"qoif": ("qoi", LOSSLESS),
}


def main() -> None:
    """Compare every file, print the counts, and list what differs and what is refused."""
    warnings.simplefilter("ignore")
    counts = Counter[str]()
    for path in sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file()):
        verdict, told = compare(path.read_bytes())
        counts[verdict] += 1
        if told:
            print(f"{verdict:<24}{path.relative_to(sys.argv[1])}: {told}")
    print(*(f"{count:>6} {verdict}" for verdict, count in counts.most_common()), sep="\n")


def compare(data: bytes) -> tuple[str, str]:
    """Return a verdict on a file, and what is to be told of it."""
    theirs: tuple[np.ndarray, np.ndarray, int] | str
    try:
        theirs = oracle(data)
    except LookupError:
        theirs = ""
    except Exception as error:  # noqa: BLE001 - damaged bytes make decoders raise almost anything
        theirs = (str(error).splitlines() or [type(error).__name__])[0][:120]
    try:
        ours = np.asarray(decode(data, 3)).astype(int)
    except UndecodableError as error:
        return ("refused by both", "") if isinstance(theirs, str) else ("refused here", str(error))
    if isinstance(theirs, str):
        return ("refused there", theirs) if theirs else ("nothing to compare with", "")
    return held(ours, turned(theirs[0], data), turned(theirs[1], data), theirs[2])


def held(
    ours: np.ndarray, theirs: np.ndarray, opaque: np.ndarray, tolerance: int
) -> tuple[str, str]:
    """Compare pixels [H, W, 3] where they are opaque [H, W]."""
    if theirs.shape != ours.shape:
        return "different", f"{ours.shape}, there {theirs.shape}"
    apart = abs(theirs - ours).max(-1)[opaque]
    if not apart.size or apart.max() <= tolerance:
        return "equal", ""
    return "different", f"{(apart > tolerance).mean():.1%} of pixels, by {apart.max()} at most"


def oracle(data: bytes) -> tuple[np.ndarray, np.ndarray, int]:
    """Return pixels [H, W, 3] of 8 bits, where they are opaque, and how far they may be apart.

    Raises:
        LookupError: no other decoder knows the format.
    """
    if data[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return of_tiff(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name, tolerance = "webp", LOSSY
    elif data[4:8] == b"ftyp":
        name, tolerance = "avif", LOSSY
    else:
        name, tolerance = next(
            (known for start, known in STARTS.items() if data.startswith(start)), ("", 0)
        )
    if not name:
        raise LookupError
    pixels = getattr(imagecodecs, f"{name}_decode")(data)
    pixels = pixels[0] if name in {"gif", "webp", "avif"} and pixels.ndim == 4 else pixels
    depth = max(depths(data)) if name == "jpeg2k" else 8 * pixels.dtype.itemsize
    return *coloured(pixels, depth), tolerance


def of_tiff(data: bytes) -> tuple[np.ndarray, np.ndarray, int]:
    """Return what tifffile reads of the first page, by its tags."""
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages.first
        pixels, kind, depth = page.asarray(), int(page.photometric), page.bitspersample
        palette = page.colormap
        lossy = int(page.compression) in {6, 7, 50001}
    if pixels.dtype.kind not in "ub":
        raise ValueError(f"pixels of {pixels.dtype} have no known range")
    if kind > 3 and not (kind == 6 and lossy):
        raise LookupError
    planes = pixels.ndim == 3 and pixels.shape[0] in {2, 3, 4} and pixels.shape[-1] > 6
    pixels = np.moveaxis(pixels, 0, -1) if planes else pixels
    if kind == 3 and palette is not None:
        depth = 16 if palette.max() > 255 else 8
        pixels = palette.T[pixels.astype(int)]
    colours, opaque = coloured(pixels, depth)
    return 255 - colours if kind == 0 else colours, opaque, LOSSY if lossy else LOSSLESS


def coloured(pixels: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale pixels of a depth to 8 bits and 3 channels; say where they are opaque."""
    found = np.rint(pixels.astype(float) * 255 / (2**depth - 1)).astype(int)
    found = found[..., None] if found.ndim == 2 else found
    alpha = found[..., -1] if found.shape[-1] in {2, 4} else np.full(found.shape[:2], 255)
    colours = found[..., :3] if found.shape[-1] >= 3 else np.repeat(found[..., :1], 3, -1)
    return colours, alpha == 255


def turned(pixels: np.ndarray, data: bytes) -> np.ndarray:
    """Turn pixels as the file's EXIF data ask for."""
    turn = None
    with suppress(Exception), Picture.open(BytesIO(data)) as picture:
        turn = UPRIGHT.get(picture.getexif().get(Base.Orientation, 1))
    if turn is None:
        return pixels
    index = np.arange(pixels.shape[0] * pixels.shape[1], dtype=np.int32)
    places = np.asarray(Picture.fromarray(index.reshape(pixels.shape[:2])).transpose(turn))
    flat = pixels.reshape(-1, *pixels.shape[2:])
    moved: np.ndarray = flat[places]
    return moved


if __name__ == "__main__":
    main()
