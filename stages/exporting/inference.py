"""The classifier from pixels to probabilities and decisions, as a module and as a graph."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import cached_property
from io import StringIO
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from reprise.rule import Rule
from stages.artifacts.classifier import Classifier
from stages.deciding import decide
from stages.exporting.description import Description, describe

ALWAYS = Rule()  # answers every image
EXAMPLES = 2  # torch.export would take a batch of one image for a constant
# What torch.export notes at every node: stack traces, with the paths of this machine.
NOTES = ("stack_trace", "source_fn_stack", "nn_module_stack", "torch_fn", "from_node", "custom")


class UnsupportedError(Exception):
    """A format cannot express a network."""


class Outputs(NamedTuple):
    """Logits, probabilities and decisions of n images; the outputs of a file are called so."""

    logits: Float[Tensor, "n k"]
    probabilities: Float[Tensor, "n k"]  # softmax(logits / temperature), calibrated on val
    answered: Bool[Tensor, " n"]  # as in Decided
    sets: Bool[Tensor, "n k"]
    ood: Bool[Tensor, " n"]


class Inference(nn.Module):
    """A classifier with its normalisation in front, and calibrated probabilities and decisions."""

    def __init__(self, classifier: Classifier, params: Description, rule: Rule = ALWAYS) -> None:
        """Wrap a classifier, which is put into evaluation mode."""
        super().__init__()
        self.whole = classifier.whole()
        self.scale = 255 if params.input == "float" else 1  # from the input to [0, 255]
        self.temperature, self.rule = classifier.card.temperature, rule
        self.eval()

    def forward(
        self, images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]
    ) -> tuple[Tensor, ...]:
        """Return the outputs, as a plain tuple, which all formats know."""
        logits = self.whole(images * self.scale if self.scale > 1 else images)
        shares = (logits / self.temperature).softmax(1)
        return logits, shares, *decide(logits, shares, self.rule, self.temperature)


class Job:
    """A classifier to convert, with what formats need beside it."""

    def __init__(
        self,
        classifier: Classifier,
        images: UInt8[Tensor, "n h w c"],
        params: Description,
        rule: Rule = ALWAYS,
    ) -> None:
        """Wrap a classifier with images of the training split, from which int8 takes its ranges.

        Raises:
            UserError: its number of channels cannot be exported.
        """
        self.classifier = classifier
        self.description = describe(classifier.card, params, rule)  # JSON that the file is to hold
        self.network = Inference(classifier, params, rule)
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


def collect(outputs: Iterable[Sequence[Tensor]]) -> Outputs:
    """Join the outputs of batches."""
    return Outputs(*map(torch.cat, zip(*outputs, strict=True)))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence exporters, which print whole graphs before they refuse, and needless advice."""
    logging.disable(logging.ERROR)
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
