import warnings

import pytest
import torch
from tensorboard.compat.proto.graph_pb2 import GraphDef
from torch import Tensor, nn
from toys import untrained

from stages.training.tensorboard.panels import trace

IMAGES = torch.zeros(3, 4, 5, 1, dtype=torch.uint8)


class Branching(nn.Module):
    """A network whose course depends on the data."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(20, 2)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.dropout(images.flatten(1).float(), 0.5, train=True)
        logits: Tensor = self.linear(features)
        return logits if logits.sum() > 0 else -logits


class Failing(nn.Module):
    """A network that does not work."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, _: Tensor) -> Tensor:
        raise self.error


def test_the_graph_has_the_layers() -> None:
    nodes = GraphDef.FromString(trace(untrained().whole(), IMAGES)).node
    names = " ".join(node.name for node in nodes)
    for layer in ("Normalize", "Conv2d", "BatchNorm2d", "Linear"):
        assert layer in names


def test_one_course_is_drawn_where_it_depends_on_data_and_chance_is_left_alone() -> None:
    network, state = Branching(), torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trace(network, IMAGES)
    assert torch.equal(torch.get_rng_state(), state)
    assert network.training


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("no such thing\nfor many reasons"), "no such thing"),
        (ValueError(), "ValueError"),
        (AssertionError("  \n"), "AssertionError"),
    ],
)
def test_a_network_that_cannot_be_traced_is_one_line(
    error: Exception, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trace(Failing(error), IMAGES) == b""
    out, err = capsys.readouterr()
    assert err == f"TensorBoard shows no graph: tracing failed: {reason}\n"
    assert not out
