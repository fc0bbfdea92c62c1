"""Pictures that a program holds in memory: arrays of NumPy, pictures of Pillow."""

from threading import Lock

import numpy as np
from PIL import Image as Picture
from PIL.ExifTags import Base

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import UPRIGHT, eight_bits
from reprise.directory import Failure, Source
from reprise.shortage import lacking
from reprise.spec import Channels

LOADING = Lock()  # one at a time loads a picture that is open as a file: it has one place in it
MULTIPLIED = ("La", "RGBa")  # modes of Pillow
DEPTHS = (1, 3, 4)  # channels of an array: grey, RGB, and RGB with alpha


def of_array(array: np.ndarray, channels: Channels) -> Source | Failure:
    """Return an array [H, W] or [H, W, C] as a picture."""
    shape = tuple(array.shape)
    if array.dtype != np.uint8:
        return Failure(
            "", f"is an array of {array.dtype}; expected is uint8, from 0 to 255: of numbers in "
            "[0, 1], give (255 * array).round().astype('uint8')",
        )  # fmt: skip
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and shape[2] in DEPTHS)):
        return Failure(
            "", f"is an array {[*shape]}; expected is [H, W] or [H, W, C] with C 1, 3 (RGB) or 4 "
            "(RGBA); of a batch, give list(array)",
        )  # fmt: skip
    flat = array[..., 0] if shape[2:] == (1,) else array
    return of_pillow(Picture.fromarray(np.ascontiguousarray(flat)), channels)


def of_pillow(picture: Picture.Image, channels: Channels) -> Source | Failure:
    """Turn a picture upright, and bring it to 8 bits a channel, as `decoding` does with a file's.

    Here, in the thread of the caller: a picture that is open as a file is loaded by one at a time.
    """
    name = str(getattr(picture, "filename", "") or "")
    try:
        if not picture.width * picture.height:
            return Failure(name, f"has {picture.width} x {picture.height} pixels")
        with LOADING:
            picture.load()
            turn = UPRIGHT.get(picture.getexif().get(Base.Orientation, 1))
        if picture.mode == "I":
            return Failure(name, "32-bit pixels have no known range; convert it to 8 bits")
        # Of colours multiplied by their alpha, Pillow converts but to those that are not.
        straight = picture.convert(picture.mode.upper()) if picture.mode in MULTIPLIED else picture
        plain = straight if turn is None else straight.transpose(turn)
        return Source(name, eight_bits(plain, channels).picture)
    except UndecodableError as error:
        return Failure(name, str(error))
    except Exception as error:  # damaged files make decoders raise almost anything
        if lacking(error):
            raise
        return Failure(name, "is damaged: its pixels cannot be loaded")
