"""Decode and resize the images of one row group."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt32
from PIL import Image as Picture
from pydantic import Field

from reprise import resizing
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import examine
from reprise.spec import Channels, InputSpec, Interpolation, Resize
from stages.artifacts.raw import Group, Image
from stages.imaging import oddities
from stages.imaging.normalization import histogram
from stages.mistakes import Former
from stages.params import Params

# Pixels: less is nothing that a convolutional network can see, more no network can hold.
Side = Annotated[int, Field(ge=4, le=8192)]


class Resizing(Params):
    """Parameters of what a network sees of a picture."""

    former: ClassVar[Mapping[str, Former]] = {
        "size": Former("image_size", "DVC's run cache does not see a parameter called size")
    }

    image_size: tuple[Side, Side] = Field(description="height and width, in pixels")
    resize: Resize = Field(
        description="crop fits the shorter side and cuts the centre out, "
        "pad the longer, black around"
    )
    interpolation: Interpolation = Field(
        description="filter of resizing, antialiased but for nearest"
    )
    channels: Channels = Field(description="1: greyscale, 3: RGB")


def fit(picture: Picture.Image, params: Resizing) -> UInt8[np.ndarray, "h w c"]:
    """Bring a picture of mode L or RGB to the size of the parameters.

    Raises:
        UndecodableError: it is so elongated that it would be huge before it is cropped.
    """
    spec = InputSpec(*params.image_size, params.channels, params.resize, params.interpolation)
    return resizing.fit(picture, spec)


class DecodedGroup(NamedTuple):
    """What became of the n images of a row group, of which m could be decoded."""

    images: UInt8[np.ndarray, "m h w c"]
    paths: list[str]  # of these m, in the source
    checksums: UInt32[np.ndarray, " m"]  # of the pixels, as resized
    sizes: Int64[np.ndarray, "m 2"]  # height and width as published, in pixels
    decoded: Bool[np.ndarray, " n"]
    failures: list[tuple[str, str]]  # path and reason
    counts: Int64[np.ndarray, "c 256"]  # the histogram of those that count
    remarks: list[tuple[str, str]]  # path of an odd image, and what is odd about it


class _Gathered(NamedTuple):
    """What the images of a group are decoded to, one after the other."""

    kept: list[Image]
    sizes: list[tuple[int, int]]  # height and width of those
    said: list[str | None]  # what is odd about those
    failures: list[tuple[str, str]]


def decode_group(
    group: Group, params: Resizing, counting: Bool[np.ndarray, " _"] | None = None
) -> DecodedGroup:
    """Decode and resize the images of one group, and count the pixels of those that count.

    What the machine lacks is raised as it is: it says nothing about an image.

    Raises:
        UserError: the file is damaged.
    """
    published = group.images()
    images = np.empty((len(published), *params.image_size, params.channels), np.uint8)
    decoded = np.zeros(len(published), bool)
    kept, sizes, said, failures = _gather(published, params, images, decoded)
    images = images[: len(kept)]
    return DecodedGroup(
        images,
        [image.path for image in kept],
        # A first look only, but ten times as fast as a hash to rely on: `originals` takes another.
        np.array([crc32(image.data) for image in images], np.uint32),
        np.array(sizes, np.int64).reshape(-1, 2),
        decoded,
        failures,
        histogram(images if counting is None else images[counting[decoded]]),
        _remarks(kept, said, images, params),
    )


def _gather(
    published: Sequence[Image], params: Resizing, images: np.ndarray, decoded: np.ndarray
) -> _Gathered:
    """Decode the images one by one, write pixels to `images`, and to `decoded` of which."""
    found = _Gathered([], [], [], [])
    for index, image in enumerate(published):
        try:
            picture, remark = examine(image.data, params.channels)
            images[len(found.kept)] = fit(picture, params)
        except UndecodableError as error:
            found.failures.append((image.path, str(error)))
            continue
        decoded[index] = True
        found.kept.append(image)
        found.sizes.append((picture.height, picture.width))
        found.said.append(remark)
    return found


def _remarks(
    kept: Sequence[Image], said: Sequence[str | None], images: np.ndarray, params: Resizing
) -> list[tuple[str, str]]:
    """Name the odd images; a few levels as resized are reason for a second look only."""
    suspects = oddities.has_few_levels(images, padded=params.resize == "pad")
    found = list[tuple[str, str]]()
    for image, remark, suspect in zip(kept, said, suspects.tolist(), strict=True):
        if remark:
            found.append((image.path, remark))
        elif suspect and oddities.is_narrow(image.data, params.channels):
            found.append((image.path, oddities.NARROW))
    return found
