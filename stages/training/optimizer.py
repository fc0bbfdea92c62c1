"""The optimizer and its learning-rate schedule."""

from pydantic import Field, NonNegativeFloat
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from stages.params import Params


class Optimizer(Params):
    """Parameters of AdamW under a one-cycle schedule (Smith and Topin 2018)."""

    lr: float = Field(gt=0, le=1000, description="learning rate at the peak of its cycle")
    weight_decay: NonNegativeFloat = Field(description="share of lr by which weights shrink a step")


def build(network: nn.Module, params: Optimizer, steps: int) -> tuple[AdamW, OneCycleLR]:
    """Return the optimizer of the network's weights, and its schedule over `steps` steps."""
    optimizer = AdamW(network.parameters(), lr=params.lr, weight_decay=params.weight_decay)
    return optimizer, OneCycleLR(optimizer, params.lr, total_steps=steps)
