"""Multilayer perceptrons, and the fully connected layers at the end of other networks."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from stages.nets.interface import Interface
from stages.params import Params


class Dense(Params):
    """Parameters of fully connected layers."""

    hidden: tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...] = Field(
        max_length=100,
        description="widths of the fully connected layers before the last (mlp, cnn)",
    )
    activation: Literal["none", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"] = (
        Field(description="activation function of the hidden layers (mlp, cnn)")
    )
    dropout: float = Field(
        ge=0,
        lt=1,
        description="share of the features that dropout zeroes before a fully connected layer "
        "(mlp, cnn)",
    )


class Mlp(nn.Module):
    """A multilayer perceptron."""

    def __init__(self, params: Dense, interface: Interface) -> None:
        super().__init__()
        pixels = interface.channels * interface.height * interface.width
        *layers, head = dense((pixels, *params.hidden, len(interface.classes)), params)
        self.body = nn.Sequential(*layers)
        self.head = head  # last, by which it is found

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        logits: Tensor = self.head(self.body(images.flatten(1)))
        return logits


def dense(widths: tuple[int, ...], params: Dense) -> Iterator[nn.Module]:
    """Yield the layers from `widths[0]` features to `widths[-1]` logits; the last is linear."""
    *pairs, last = pairwise(widths)
    for inputs, outputs in pairs:
        yield nn.Linear(inputs, outputs)
        yield activation(params)
        yield nn.Dropout(params.dropout)
    yield nn.Linear(*last)


def activation(params: Dense) -> nn.Module:
    """Return the module of the activation function."""
    modules: dict[str, type[nn.Module]] = {
        "none": nn.Identity,
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "elu": nn.ELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
    }
    return modules[params.activation]()
