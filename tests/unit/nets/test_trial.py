import pytest
import torch
from shapes import shape
from torch import Tensor, nn

from stages.errors import UserError
from stages.nets import introspection


class Returns(nn.Module):
    """Return the same whatever comes."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer
        self.seen: tuple[object, ...] = ()

    def forward(self, images: Tensor) -> object:
        self.seen = tuple(images.shape), self.training, torch.is_grad_enabled()
        return self.answer


def test_a_network_is_tried_as_it_evaluates_and_left_as_it_trains() -> None:
    network = Returns(torch.zeros(2, 5))
    assert introspection.require_trial(network, shape(3, 4, 6, 5), "here.py") is network
    assert network.seen == ((2, 3, 4, 6), False, False)
    assert network.training


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (torch.zeros(2, 4), r"torch.float32 \[2, 4\]"),
        (torch.zeros(5), r"torch.float32 \[5\]"),
        (torch.zeros(1, 5), r"torch.float32 \[1, 5\]"),
        (torch.zeros(2, 5, 1), r"torch.float32 \[2, 5, 1\]"),
        (torch.zeros(2, 5, dtype=torch.int64), r"torch.int64 \[2, 5\]"),
        ((torch.zeros(2, 5),), "tuple"),
        (None, "NoneType"),
    ],
)
def test_anything_but_a_logit_for_each_class_is_refused(answer: object, words: str) -> None:
    with pytest.raises(UserError, match=rf"^here\.py: .* is float \[2, 5\]; it returned .*{words}"):
        introspection.require_trial(Returns(answer), shape(1, 4, 4, 5), "here.py")
