"""A network up to one of its layers: what that layer is given are the features of an image."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


class Backbone(nn.Module):
    """A network up to one of its layers: it returns what that layer is given."""

    logits: Tensor  # of the latest batch

    def __init__(self, whole: nn.Module) -> None:
        """Take the network that maps pixels to logits."""
        super().__init__()
        self.whole, self._given = whole, list[Tensor]()

    def receive(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Receive what the layer is given."""
        self._given.extend(inputs[:1])

    def forward(self, images: Tensor) -> Tensor:
        """Return the features of a batch; its logits, where the layer was given nothing."""
        self._given.clear()
        self.logits = self.whole(images)
        return self._given.pop() if self._given else self.logits


@contextmanager
def features_before(whole: nn.Module, layer: nn.Module) -> Iterator[Backbone]:
    """Yield the network up to a layer, for use within the block."""
    made = Backbone(whole)
    handle = layer.register_forward_pre_hook(made.receive)
    try:
        yield made
    finally:
        handle.remove()
