"""The classifier as its users see it: pixels in, logits and probabilities out."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cached_property
from io import StringIO
from typing import Literal, NamedTuple, TypeAlias

import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

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


EXAMPLES = 2  # of one image, torch.export would take the number for a constant
NOTES = ("stack_trace", "source_fn_stack", "nn_module_stack", "torch_fn", "from_node", "custom")

Predict: TypeAlias = Callable[[bytes, Iterable[Tensor], int], Outputs]


class UnsupportedError(Exception):
    """A format cannot express a network, or is not to be had on this machine."""


class Job:
    """A network to export, with images of training, which are as its file takes them."""

    def __init__(self, network: Inference, images: Tensor, description: str) -> None:
        """Take them; the description is what the file says of itself."""
        self.network, self.images, self.description = network, images, description
        self.examples = images[:1].expand(EXAMPLES, -1, -1, -1).clone()

    @cached_property
    def program(self) -> ExportedProgram:
        """The network as a graph for any number of images, without this machine's paths.

        torch.export refuses what depends on the values in a tensor, as an `if` may, so that no
        format can freeze one branch of it.
        """
        shapes = {"images": {0: Dim("batch")}}
        with torch.no_grad(), quiet():
            program = torch.export.export(self.network, (self.examples,), dynamic_shapes=shapes)
        for module in program.graph_module.modules():
            for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else ():
                for note in NOTES:
                    node.meta.pop(note, None)
        return program


class Format(NamedTuple):
    """One kind of file."""

    file: str  # its name in models/export
    convert: Callable[[Job], bytes]
    predict: Predict  # from file, batches and number of threads, in the format's own runtime


def collect(outputs: Iterable[tuple[Tensor, Tensor]]) -> Outputs:
    """Join the outputs of batches."""
    logits, probabilities = zip(*outputs, strict=True)
    return Outputs(torch.cat(logits), torch.cat(probabilities))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what exporters say: whole graphs before they refuse, and advice that is followed."""
    logging.disable(logging.ERROR)
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
