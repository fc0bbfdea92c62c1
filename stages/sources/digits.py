"""Source `digits`: 1,797 scans of handwritten digits, 8x8, included in scikit-learn.

The test set of the UCI "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998).
"""

from io import BytesIO

import numpy as np
from PIL import Image as Picture

from stages.artifacts.raw import Image, Raw

INK = 16  # the largest value of a pixel


def load() -> Raw:
    """Return the scans as greyscale PNG files, all in one split."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - two seconds, for this source alone

    digits = load_digits()
    pixels = np.rint(digits.images * (255 / INK)).astype(np.uint8)  # [N, 8, 8]
    images = [
        Image(_png(scan), f"{index:04d}.png", int(label))
        for index, (scan, label) in enumerate(zip(pixels, digits.target, strict=True))
    ]
    entries = [(image.path, image.label) for image in images]
    classes = tuple(str(name) for name in digits.target_names)
    return Raw(classes, {"train": images}, {}, entries={"train": entries})


def _png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
