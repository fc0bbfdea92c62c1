"""Which weights an epoch may train: for a while, or always, the head alone."""

from typing import Literal

from pydantic import Field
from torch import nn

from stages.nets.head import head
from stages.params import Epochs, Params

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Freezing(Params):
    """Parameters of what is not trained."""

    freeze: Literal["none", "backbone"] | Epochs = Field(
        description="all but the head keeps its weights: never, always, or for so many epochs"
    )


def freeze(network: nn.Module, params: Freezing, epoch: int) -> None:
    """Freeze or free all but the head for an epoch, from 0; call it after `network.train()`.

    Frozen batch norms use the moments that they have, and keep them. A tensor that is never
    trained is a buffer, which nothing here frees.
    """
    until = {"none": 0, "backbone": epoch + 1}.get(str(params.freeze), params.freeze)
    frozen = epoch < int(until)
    last = head(network)
    for layer in network.modules():
        if layer is not last:
            for weight in layer.parameters(recurse=False):
                weight.requires_grad_(not frozen)
            if frozen and isinstance(layer, NORMS):
                layer.eval()
