import sys

import pytest
import timm
import torch
from pydantic import ValidationError
from shapes import built, shape
from timm.layers.drop import DropPath
from torch import nn
from toys import NETWORK

from stages.errors import UserError
from stages.nets.introspection import head
from stages.nets.network import Network


def made(architecture: str, size: tuple[int, ...], **params: object) -> nn.Module:
    named = {"network": "timm", "architecture": architecture, "stem": "imagenet", **params}
    return built(shape(*size), **named)


def complaint(architecture: str, size: tuple[int, ...] = (3, 32, 32), **params: object) -> str:
    with torch.device("meta"), pytest.raises(UserError) as caught:  # shapes without numbers
        made(architecture, size, **params)
    message = str(caught.value)
    assert message.startswith(f"params.yaml: train.architecture {architecture}")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(("architecture", "side"), [("resnet10t", 64), ("convnext_atto", 64)])
def test_as_published_it_is_timms(architecture: str, side: int) -> None:
    network = made(architecture, (3, side, side, 5))
    oracle = timm.create_model(architecture, num_classes=5)
    network.load_state_dict(oracle.state_dict())
    images = torch.randn(2, 3, side, side)
    torch.testing.assert_close(network.eval()(images), oracle.eval()(images))


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        ("resnet10t", "fc"),
        ("convnext_atto", "head.fc"),
        ("tf_efficientnet_lite0", "classifier"),
        ("mobilenetv3_small_050", "classifier"),
        ("vit_tiny_patch16_224", "head"),
        ("swin_tiny_patch4_window7_224", "head.fc"),
        ("deit_tiny_patch16_224", "head"),
        ("mixer_s32_224", "head"),
        ("regnetx_002", "head.fc"),
        ("eva02_tiny_patch14_224", "head"),
    ],
)
def test_ten_families_take_small_grey_images_and_have_one_head(
    architecture: str, name: str
) -> None:
    with torch.device("meta"):
        network = made(architecture, (1, 32, 32, 7), stem="auto")
        assert network.eval()(torch.zeros(2, 1, 32, 32)).shape == (2, 7)
    assert head(network) is network.get_submodule(name)


def test_a_small_stem_is_the_published_one_without_stride_and_pool() -> None:
    network = made("resnet18", (3, 32, 32, 5), stem="auto")
    assert network.get_submodule("conv1").stride == (1, 1)
    assert isinstance(network.get_submodule("maxpool"), nn.Identity)


@pytest.mark.parametrize("architecture", ["convnext_atto", "vit_tiny_patch16_224"])
def test_patches_keep_their_stride(architecture: str) -> None:
    with torch.device("meta"):
        network = made(architecture, (3, 32, 32), stem="small")
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    assert first.stride == first.kernel_size


def test_what_is_made_for_one_size_keeps_its_stem() -> None:
    with torch.device("meta"):
        network = made("coatnet_nano_rw_224", (3, 32, 32), stem="small")
    assert network.get_submodule("stem.conv1").stride == (2, 2)


def test_a_vit_takes_the_size_of_the_images() -> None:
    with torch.device("meta"):
        network = made("vit_tiny_patch16_224", (1, 64, 32, 3))
    assert network.get_parameter("pos_embed").shape == (1, 1 + 4 * 2, 192)


def test_paths_are_dropped_more_often_the_later_they_are() -> None:
    with torch.device("meta"):
        network = made("convnext_atto", (3, 32, 32), drop_path=0.2)
    rates = [layer.drop_prob for layer in network.modules() if isinstance(layer, DropPath)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(0.2)


def test_a_network_without_branches_drops_none() -> None:
    message = complaint("vgg11", (3, 64, 64), drop_path=0.1)
    assert message.endswith("has no branches to drop; set train.drop_path to 0")


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    assert complaint("resnt18").endswith("is unknown to timm; did you mean resnet18?")


def test_a_strange_name_is_not_answered_with_all() -> None:
    message = complaint("zzz")
    assert message.endswith(f"is unknown to timm; {len(timm.list_models()):,} are known")


def test_a_tag_that_timm_does_not_have_is_answered_with_those_it_has() -> None:
    assert "names weights b1, but timm has a1_in1k, " in complaint("resnet18.b1")
    assert "but timm has none of mixer_s32_224; leave the tag out" in complaint("mixer_s32_224.x")


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        ("levit_128s", "has 2 heads"),
        ("crossvit_tiny_240", "has 2 heads"),
        ("deit_tiny_distilled_patch16_224", "has 2 heads"),
    ],
)
def test_several_heads_are_refused(architecture: str, reason: str) -> None:
    assert f"{reason}; choose another" in complaint(architecture, (3, 240, 240))


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        ("vit_tiny_patch16_224", "Kernel size can't be greater than actual input size"),
        ("convnext_atto", "Kernel size can't be greater than actual input size"),
    ],
)
def test_images_that_do_not_fit_are_refused(architecture: str, reason: str) -> None:
    message = complaint(architecture, (3, 8, 8))
    assert "does not take images of 8 x 8 pixels" in message
    assert reason in message
    assert "change preprocess.image_size" in message


def test_without_timm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"needs the package timm; .*\[timm\]"):
        made("resnet18", (3, 32, 32))


@pytest.mark.parametrize(
    ("architecture", "library"), [("resnet50", "torchvision"), ("convnext_atto", "timm")]
)
def test_an_architecture_given_as_network_is_told_where_it_belongs(
    architecture: str, library: str
) -> None:
    expected = f"set network to {library} and architecture to {architecture}"
    with pytest.raises(ValidationError, match=expected):
        Network.model_validate(NETWORK.model_dump() | {"network": architecture})


def test_a_network_that_nobody_has_is_answered_with_the_families() -> None:
    with pytest.raises(ValidationError, match="Input should be 'mlp', "):
        Network.model_validate(NETWORK.model_dump() | {"network": "resnt"})
