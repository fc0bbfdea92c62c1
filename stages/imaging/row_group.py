"""Decode and resize the images of one row group."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt32

from reprise import resizing
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import examine
from reprise.spec import InputSpec
from stages.artifacts.raw import Image, RowGroup
from stages.imaging import oddities
from stages.imaging.normalization import histogram


class DecodedGroup(NamedTuple):
    """The m images of a row group that could be decoded, and why the others could not."""

    images: UInt8[np.ndarray, "m h w c"]
    numbers: Int64[np.ndarray, " m"]  # through all that is published
    paths: list[str]  # in the source, of these m
    checksums: UInt32[np.ndarray, " m"]  # of the pixels, as resized
    sizes: Int64[np.ndarray, "m 2"]  # height and width as published, in pixels
    histogram: Int64[np.ndarray, "c 256"]  # of the training images among them
    remarks: list[tuple[str, str]]  # path of an odd image, and what is odd about it
    failures: list[tuple[str, str]]  # path and reason


class _Decoded(NamedTuple):
    """An image that could be decoded."""

    row: int  # in the group
    image: Image
    size: tuple[int, int]  # height and width as published, in pixels
    remark: str | None  # what the decoder found odd


def ignore_pillow_warnings() -> None:
    """Silence Pillow: it has coped with the image, or `decode` refuses it."""
    warnings.filterwarnings("ignore", module="PIL")


def decode_group(
    group: RowGroup, spec: InputSpec, is_train: Bool[np.ndarray, " n"]
) -> DecodedGroup:
    """Decode and resize the n images of a group, and count the pixels of those that train.

    A shortage of memory or the like is raised as it is: it says nothing about an image.

    Raises:
        UserError: the file is damaged.
    """
    published = group.images()
    pixels = np.empty((len(published), spec.height, spec.width, spec.channels), np.uint8)
    decoded, failures = _decode(published, spec, pixels)
    rows = np.array([image.row for image in decoded], np.int64)  # [M]
    images = pixels[: len(decoded)]
    return DecodedGroup(
        images,
        group.start + rows,
        [image.image.path for image in decoded],
        # Ten times as fast as a cryptographic hash; `hash_originals` looks again at equal ones.
        np.array([crc32(image.data) for image in images], np.uint32),
        np.array([image.size for image in decoded], np.int64).reshape(-1, 2),
        histogram(images[is_train[rows]]),
        _remarks(decoded, images, spec),
        failures,
    )


def _decode(
    published: Sequence[Image], spec: InputSpec, pixels: UInt8[np.ndarray, "n h w c"]
) -> tuple[list[_Decoded], list[tuple[str, str]]]:
    """Decode the images into the first rows of `pixels`; return path and reason of failures."""
    decoded, failures = list[_Decoded](), list[tuple[str, str]]()
    for row, image in enumerate(published):
        try:
            picture, remark = examine(image.data, spec.channels)
            pixels[len(decoded)] = resizing.fit(picture, spec)
        except UndecodableError as error:
            failures.append((image.path, str(error)))
        else:
            decoded.append(_Decoded(row, image, (picture.height, picture.width), remark))
    return decoded, failures


def _remarks(
    decoded: Sequence[_Decoded], images: UInt8[np.ndarray, "m h w c"], spec: InputSpec
) -> list[tuple[str, str]]:
    """Return path and remark of the odd images.

    Few levels after resizing are only a reason to look at the original, which takes longer.
    """
    suspects = oddities.has_few_levels(images, padded=spec.resize == "pad")
    found = list[tuple[str, str]]()
    for (_, image, _, remark), suspect in zip(decoded, suspects.tolist(), strict=True):
        if remark:
            found.append((image.path, remark))
        elif suspect and oddities.is_narrow(image.data, spec.channels):
            found.append((image.path, oddities.NARROW))
    return found
