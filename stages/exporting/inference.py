"""The classifier from pixels to logits and probabilities, as a module and as a graph."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cached_property
from io import StringIO
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from stages.artifacts.classifier import Classifier
from stages.exporting.description import Description, describe

EXAMPLES = 2  # torch.export would take a batch of one image for a constant
# What torch.export notes at every node: stack traces, with the paths of this machine.
NOTES = ("stack_trace", "source_fn_stack", "nn_module_stack", "torch_fn", "from_node", "custom")


class UnsupportedError(Exception):
    """A format cannot express a network."""


class Outputs(NamedTuple):
    """Logits and probabilities of n images."""

    logits: Float[Tensor, "n k"]
    probabilities: Float[Tensor, "n k"]  # softmax(logits / temperature), calibrated on val


class Inference(nn.Module):
    """A classifier with its normalisation in front and calibrated probabilities as an output."""

    def __init__(self, classifier: Classifier, params: Description) -> None:
        """Wrap a classifier, which is put into evaluation mode."""
        super().__init__()
        self.whole = classifier.whole()
        self.scale = 255 if params.input == "float" else 1  # from the input to [0, 255]
        self.temperature = classifier.card.temperature
        self.eval()

    def forward(
        self, images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]
    ) -> tuple[Float[Tensor, "b k"], Float[Tensor, "b k"]]:
        """Return logits and probabilities."""
        logits = self.whole(images * self.scale if self.scale > 1 else images)
        return logits, (logits / self.temperature).softmax(1)


class Job:
    """A classifier to convert, with what formats need beside it."""

    def __init__(
        self, classifier: Classifier, images: UInt8[Tensor, "n h w c"], params: Description
    ) -> None:
        """Wrap a classifier with images of the training split, from which int8 takes its ranges.

        Raises:
            UserError: its number of channels cannot be exported.
        """
        self.classifier = classifier
        self.description = describe(classifier.card, params)  # JSON that the file is to hold
        self.network = Inference(classifier, params)
        self.images = as_input(images, params)
        self.examples = self.images[:1].expand(EXAMPLES, -1, -1, -1).clone()

    @cached_property
    def program(self) -> ExportedProgram:
        """The network as a graph for any number of images, without this machine's paths.

        torch.export refuses control flow that depends on the values in a tensor, so that no format
        can freeze one branch of it.
        """
        shapes = {"images": {0: Dim("batch")}}
        with torch.no_grad(), quiet():
            program = torch.export.export(self.network, (self.examples,), dynamic_shapes=shapes)
        for module in program.graph_module.modules():
            for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else ():
                for note in NOTES:
                    node.meta.pop(note, None)
        return program


def as_input(
    images: UInt8[Tensor, "n h w c"], params: Description
) -> UInt8[Tensor, "n h w c"] | Float[Tensor, "n h w c"]:
    """Return stored images as an exported file takes them."""
    return images.float() / 255 if params.input == "float" else images


def collect(outputs: Iterable[tuple[Tensor, Tensor]]) -> Outputs:
    """Join the logits and probabilities of batches."""
    logits, probabilities = zip(*outputs, strict=True)
    return Outputs(torch.cat(logits), torch.cat(probabilities))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence exporters, which print whole graphs before they refuse, and needless advice."""
    logging.disable(logging.ERROR)
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
