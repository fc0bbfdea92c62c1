"""Metadata of exported files: input, classes, licence and version.

One string of JSON under the key `reprise`, in ONNX among the metadata, in TorchScript and
torch.export among the extra files, in AOTInductor among the metadata:

    {"classes": [...], "height": 28, "width": 28, "channels": 1, "resize": "stretch",
     "interpolation": "bicubic", "temperature": 1.2, "input": "uint8", "license": "Apache-2.0",
     "version": "1.0", "rule": {"threshold": 0.8, "set_threshold": 0.1, ...}}

Images of height x width go in as `images` [N, H, W, C], uint8 or, where `input` is float, float32
in [0, 1]; out come `logits` and `probabilities`, float32 [N, K], in the order of the classes, and
what `rule` makes of them: `answered` [N], `sets` [N, K] and `ood` [N], bool.
"""

from typing import get_args

from pydantic import Field

from reprise.metadata import InputFormat, Metadata, dump
from reprise.rule import Rule
from reprise.spec import Channels, InputSpec
from stages.artifacts.classifier import PATH, Card
from stages.errors import UserError
from stages.nets.interface import Interface
from stages.params import Params


class Description(Params):
    """Parameters that the description of a file holds as they are."""

    input: InputFormat = Field(
        description="type of the pixels: uint8, or floats in [0, 1]; [N, H, W, C] either way"
    )
    license: str = Field(
        min_length=1,
        max_length=100_000,
        description="licence of the model, written into every file",
    )
    version: str = Field(
        min_length=1, max_length=1000, description="version of the model, written into every file"
    )


def describe(card: Card, params: Description, rule: Rule) -> str:
    """Return the JSON; equal cards and rules give equal texts.

    Raises:
        UserError: as `spec`.
    """
    return dump(
        Metadata(
            classes=card.interface.classes,
            spec=spec(card.interface),
            temperature=card.temperature,
            input=params.input,
            license=params.license,
            version=params.version,
            rule=rule,
        )
    )


def spec(interface: Interface) -> InputSpec:
    """Return the part of an interface that the predictor prepares pictures by.

    Raises:
        UserError: pictures cannot be decoded to that many channels.
    """
    if interface.channels not in get_args(Channels):
        raise UserError(
            f"{PATH}: takes images of {interface.channels} channels, and only those of 1 "
            "(greyscale) or 3 (RGB) can be exported, for the predictor decodes pictures to nothing "
            "else; set preprocess.channels to 1 or 3, and train again"
        )
    return InputSpec(**interface.model_dump(include={*InputSpec._fields}))
