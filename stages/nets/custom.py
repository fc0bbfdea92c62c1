"""Your own network: edit this file, and set train.network to custom.

The contract: `Custom(interface)` makes random weights from torch's global seed, and calling it maps
normalised images, float [B, C, H, W], to logits, float [B, K]. The last layer that has weights is
the head, which fine-tuning replaces; a tensor that is never to be trained is a buffer. A method
`initialize(images)`, where there is one, is called once with images to train on, normalised.

What stands here is an example: a network that iterates longer on images that are hard.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from stages.nets.interface import Interface

FILTERS = 32
ROUNDS = 4  # at most
SETTLED = 0.1  # mean change of a feature below which an image is done


class Custom(nn.Module):
    """A block that is applied to an image again and again, until its features settle."""

    def __init__(self, interface: Interface) -> None:
        super().__init__()
        self.stem = nn.Conv2d(interface.channels, FILTERS, 3, stride=2, padding=1)
        self.refine = nn.Conv2d(FILTERS, FILTERS, 3, padding=1)
        self.head = nn.Linear(FILTERS, len(interface.classes))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits; what an image gets does not depend on its batch."""
        features = squareplus(self.stem(images))
        unsettled = images.new_ones(images.shape[0], dtype=torch.bool)
        for _ in range(ROUNDS):
            refined = (features + squareplus(self.refine(features))) / 2
            moved = (refined - features).abs().mean((1, 2, 3)) > SETTLED
            features = torch.where(unsettled[:, None, None, None], refined, features)
            unsettled = unsettled & moved
            if all_settled(unsettled):
                break  # saves time, and changes nothing
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


def all_settled(unsettled: Bool[Tensor, " b"]) -> bool:
    """Tell whether all images are done; never while the network is exported, with all rounds."""
    exporting = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    return not exporting and not unsettled.any()


def squareplus(inputs: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Return (x + sqrt(x² + 4)) / 2, a smooth rectifier (Barron 2021, arXiv 2112.11687, eq. 1)."""
    outputs: Tensor = Squareplus.apply(inputs)
    return outputs


class Squareplus(torch.autograd.Function):
    """Squareplus with a backward by hand, which needs one tensor where autograd keeps two.

    From y = (x + sqrt(x² + 4)) / 2 follow x = y - 1/y and dy/dx = y² / (y² + 1): the output tells
    the slope, and a convolution behind keeps it anyway.
    """

    @staticmethod
    def forward(inputs: Tensor) -> Tensor:
        """Return the outputs."""
        # By rsqrt: torch's square root on a CPU depends on the processor (stages/processor.py).
        return (inputs + (inputs.square() + 4).rsqrt().reciprocal()) / 2

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004
        """Keep the outputs for the backward."""
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        """Return the gradient of the inputs from that of the outputs."""
        squares: Tensor = ctx.saved_tensors[0].square()  # type: ignore[attr-defined]
        return gradient * squares / (squares + 1)
