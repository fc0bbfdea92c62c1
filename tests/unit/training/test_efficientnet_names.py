import pytest
import timm
import torch
from torch import Tensor

from stages.training.efficientnet_names import renamed

# Names of efficientnet-pytorch (0.7.1) and what timm calls the same layer of efficientnet_b0:
# read off the two networks, layer by layer.
SAME = {
    "_conv_stem.weight": "conv_stem.weight",
    "_bn0.running_mean": "bn1.running_mean",
    "_blocks.0._depthwise_conv.weight": "blocks.0.0.conv_dw.weight",
    "_blocks.0._bn1.bias": "blocks.0.0.bn1.bias",
    "_blocks.0._se_reduce.bias": "blocks.0.0.se.conv_reduce.bias",
    "_blocks.0._se_expand.weight": "blocks.0.0.se.conv_expand.weight",
    "_blocks.0._project_conv.weight": "blocks.0.0.conv_pw.weight",
    "_blocks.0._bn2.weight": "blocks.0.0.bn2.weight",
    "_blocks.1._expand_conv.weight": "blocks.1.0.conv_pw.weight",
    "_blocks.1._bn0.weight": "blocks.1.0.bn1.weight",
    "_blocks.1._depthwise_conv.weight": "blocks.1.0.conv_dw.weight",
    "_blocks.1._bn1.num_batches_tracked": "blocks.1.0.bn2.num_batches_tracked",
    "_blocks.2._expand_conv.weight": "blocks.1.1.conv_pw.weight",
    "_blocks.2._project_conv.weight": "blocks.1.1.conv_pwl.weight",
    "_blocks.2._bn2.running_var": "blocks.1.1.bn3.running_var",
    "_blocks.15._expand_conv.weight": "blocks.6.0.conv_pw.weight",
    "_conv_head.weight": "conv_head.weight",
    "_bn1.weight": "bn2.weight",
    "_fc.bias": "classifier.bias",
}


@pytest.fixture(scope="module")
def own() -> dict[str, Tensor]:
    with torch.device("meta"):  # names alone
        made: dict[str, Tensor] = timm.create_model("efficientnet_b0").state_dict()
    return made


def test_every_layer_gets_the_name_that_timm_has(own: dict[str, Tensor]) -> None:
    found = {name: torch.full((1,), number) for number, name in enumerate(SAME)}
    made = renamed(own, found)
    assert list(made) == list(SAME.values())
    assert [int(weight) for weight in made.values()] == [*range(len(SAME))]
    assert made.keys() <= own.keys()


@pytest.mark.parametrize("prefix", ["module.", "model.", "state_dict.net."])
def test_names_behind_a_prefix_keep_it(prefix: str, own: dict[str, Tensor]) -> None:
    found = {f"{prefix}{name}": torch.zeros(1) for name in SAME} | {"epoch._fc.bias": torch.ones(1)}
    expected = [f"{prefix}{name}" for name in SAME.values()]
    assert list(renamed(own, found)) == [*expected, "epoch._fc.bias"]


def test_a_network_without_timms_blocks_leaves_names_as_they_are() -> None:
    found = {name: torch.zeros(1) for name in SAME}
    assert renamed(["features.0.0.weight"], found).keys() == found.keys()


def test_weights_of_others_keep_their_names(own: dict[str, Tensor]) -> None:
    assert renamed(own, own).keys() == own.keys()
    other = {"conv1.weight": torch.zeros(1), "_fc.bias": torch.zeros(1)}
    assert renamed(own, other).keys() == other.keys()


@pytest.mark.parametrize("name", ["_blocks.99._bn1.weight", "_blocks.0._other.weight", "_swish.x"])
def test_what_has_no_counterpart_is_no_weight_of_the_network(
    name: str, own: dict[str, Tensor]
) -> None:
    (_, made) = renamed(own, {"_conv_stem.weight": torch.zeros(1), name: torch.zeros(1)})
    assert made not in own


def test_a_name_without_a_layer_is_no_reason_to_fail(own: dict[str, Tensor]) -> None:
    odd = ["_blocks.x.y.z", "_blocks", "_blocks.1", "", "_bn0"]
    made = renamed(own, dict.fromkeys(["_conv_stem.weight", *odd], torch.zeros(1)))
    assert not made.keys() & own.keys() - {"conv_stem.weight"}
