"""What a file says of itself: all that a reader needs besides the file.

One string of JSON under the key `reprise`, in ONNX among the metadata, in TorchScript and
torch.export among the extra files, in AOTInductor among the metadata:

    {"classes": [...], "height": 28, "width": 28, "channels": 1, "resize": "stretch",
     "interpolation": "bicubic", "temperature": 1.2, "input": "uint8", "license": "Apache-2.0",
     "version": "1.0"}

Images of height x width go in as `images` [N, H, W, C], uint8 or, where `input` is float, float32
in [0, 1]; out come `logits` and `probabilities`, float32 [N, K], in the order of the classes.
"""

from pydantic import Field

from reprise.metadata import Metadata, dump
from reprise.spec import Channels, InputSpec
from stages.artifacts import classifier
from stages.exporting.inference import Input
from stages.nets.interface import Interface


class Description(Input):
    """Parameters that go into every file as they are."""

    license: str = Field(
        min_length=1,
        max_length=100_000,
        description="licence of the model, written into every file",
    )
    version: str = Field(
        min_length=1, max_length=1000, description="version of the model, likewise"
    )


def describe(card: classifier.Card, params: Description) -> str:
    """Return the JSON; equal cards are equal texts."""
    return dump(
        Metadata(
            classes=card.interface.classes,
            spec=spec(card.interface),
            temperature=card.temperature,
            input=params.input,
            license=params.license,
            version=params.version,
        )
    )


def spec(interface: Interface) -> InputSpec:
    """Return what pictures are brought to."""
    channels: Channels = 1 if interface.channels == 1 else 3
    return InputSpec(
        interface.height, interface.width, channels, interface.resize, interface.interpolation
    )
