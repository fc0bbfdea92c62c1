"""How far the resizing inside ONNX is from Pillow's, on images of other sizes."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8
from onnxruntime import InferenceSession
from PIL import Image as Picture

from reprise.resizing import fit
from stages.exporting import onnx
from stages.exporting.description import spec
from stages.nets.interface import Interface
from stages.pictures import picture

LIMIT = 500  # images, spread over the split
SCALES = ((2.5, 2.5), (3.0, 1.5), (1.5, 3.0), (0.6, 0.8))  # of height and width, in turn


def discrepancy(
    resizing: bytes, model: bytes, images: UInt8[np.ndarray, "n h w c"], interface: Interface
) -> dict[str, int | float]:
    """Compare `resizing` and Pillow on images that Pillow enlarged or shrunk before.

    The originals are no input of this stage. Pixels are in [0, 255]; the probabilities are those
    that `model` gives the pixels of either.
    """
    resize, predict = (onnx.session(part, 1) for part in (resizing, model))
    pixels, probabilities, same = list[np.ndarray](), list[float](), list[bool]()
    for original in _pictures(images):
        pair = np.stack([fit(original, spec(interface)), _resized(resize, original)])
        (found,) = predict.run(["probabilities"], {"images": pair})
        pixels.append(np.abs(pair[0].astype(np.int16) - pair[1]))
        probabilities.append(float(np.abs(found[0] - found[1]).max()))
        same.append(bool(found[0].argmax() == found[1].argmax()))
    return {
        "images": len(same),
        "agreement": float(np.mean(same)),
        "max_probability_difference": max(probabilities),
        "max_pixel_difference": float(max(part.max() for part in pixels)),
        "mean_pixel_difference": float(np.mean([part.mean() for part in pixels])),
    }


def _pictures(images: UInt8[np.ndarray, "n h w c"]) -> Iterator[Picture.Image]:
    """Yield images in other sizes."""
    rows = np.linspace(0, len(images) - 1, min(LIMIT, len(images))).astype(int)
    for number, row in enumerate(rows):
        tall, wide = SCALES[number % len(SCALES)]
        image = picture(images[row])
        size = max(1, round(image.width * wide)), max(1, round(image.height * tall))
        yield image.resize(size, Picture.Resampling.BICUBIC)


def _resized(session: InferenceSession, original: Picture.Image) -> UInt8[np.ndarray, "h w c"]:
    pixels = np.asarray(original).reshape(1, original.height, original.width, -1)
    (found,) = session.run(["pixels"], {"images": pixels})
    resized: UInt8[np.ndarray, "h w c"] = found[0]
    return resized
