"""The classifier as its users see it: pixels in, logits and calibrated probabilities out."""

from typing import Literal, NamedTuple

from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Tensor, nn

from stages.artifacts.classifier import Classifier
from stages.params import Params


class Input(Params):
    """Parameters of what a file is fed."""

    input: Literal["uint8", "float"] = Field(
        description="pixels as bytes, or as floats in [0, 1]; [N, H, W, C] either way"
    )


class Outputs(NamedTuple):
    """What a classifier says of some images."""

    logits: Float[Tensor, "n k"]
    probabilities: Float[Tensor, "n k"]  # softmax(logits / temperature), which fits val


class Inference(nn.Module):
    """A classifier with its normalisation in front and its probabilities behind."""

    def __init__(self, classifier: Classifier, params: Input) -> None:
        """Take a classifier, which is put into evaluation mode."""
        super().__init__()
        self.whole = classifier.whole()
        self.scale = 255 if params.input == "float" else 1  # what makes pixels of the input
        self.temperature = classifier.card.temperature
        self.eval()

    def forward(
        self, images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]
    ) -> tuple[Float[Tensor, "b k"], Float[Tensor, "b k"]]:
        """Return logits and probabilities."""
        logits = self.whole(images * self.scale if self.scale > 1 else images)
        return logits, (logits / self.temperature).softmax(1)


def fed(
    images: UInt8[Tensor, "n h w c"], params: Input
) -> UInt8[Tensor, "n h w c"] | Float[Tensor, "n h w c"]:
    """Return stored images as a file takes them."""
    return images.float() / 255 if params.input == "float" else images
