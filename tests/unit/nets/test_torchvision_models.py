import pytest
import torch
from shapes import built, shape, weights
from torch import nn
from torchvision import models

from stages.errors import UserError
from stages.nets import introspection
from stages.nets.layers import AdaptiveAverage


def vision(architecture: str, size: tuple[int, ...], stem: str = "imagenet") -> nn.Module:
    return built(shape(*size), network="torchvision", architecture=architecture, stem=stem)


def complaint(architecture: str, size: tuple[int, ...], stem: str = "imagenet") -> str:
    with torch.device("meta"), pytest.raises(UserError) as caught:  # shapes without numbers
        vision(architecture, size, stem)
    message = str(caught.value)
    assert message.startswith(f"params.yaml: train.architecture {architecture} ")
    assert "\n" not in message
    return message


def agree(made: nn.Module, oracle: nn.Module, images: torch.Tensor) -> None:
    """Hold a network against torchvision's own with the same weights."""
    made.load_state_dict(oracle.state_dict())
    torch.testing.assert_close(made.eval()(images), oracle.eval()(images))


@pytest.mark.parametrize(
    ("architecture", "side"),
    [("resnet18", 64), ("shufflenet_v2_x0_5", 64), ("alexnet", 96), ("alexnet", 224)],
)
def test_as_published_it_is_torchvisions(architecture: str, side: int) -> None:
    made = vision(architecture, (3, side, side, 5))
    oracle = models.get_model(architecture, num_classes=5)
    agree(made, oracle, torch.randn(1, 3, side, side))


def test_resnet18_has_the_published_number_of_weights() -> None:
    assert weights(vision("resnet18", (3, 64, 64, 1000))) == 11_689_512


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small", "squeezenet1_1"])
def test_one_channel_is_seen_as_grey_in_three(architecture: str) -> None:
    torch.manual_seed(0)
    made = vision(architecture, (1, 64, 64, 5)).eval()
    torch.manual_seed(0)
    oracle = models.get_model(architecture, num_classes=5).eval()
    grey = torch.randn(2, 1, 64, 64)
    expected = oracle(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(made(grey), expected, rtol=1e-3, atol=1e-5)


def test_a_small_stem_is_the_published_one_without_stride_and_pool() -> None:
    made = vision("resnet18", (3, 16, 16, 5), "small")
    oracle = models.resnet18(num_classes=5)
    oracle.conv1.stride, oracle.maxpool = (1, 1), nn.Identity()
    agree(made, oracle, torch.randn(2, 3, 16, 16))


def first_features(network: nn.Module, side: int) -> int:
    """Return the height of what reaches the first block."""
    seen: list[int] = []
    block = network.get_submodule("layer1")
    block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2]))
    network.eval()(torch.zeros(1, 3, side, side))
    return seen[0]


@pytest.mark.parametrize(
    ("stem", "side", "expected"),
    [("auto", 32, 32), ("auto", 63, 63), ("auto", 64, 16), ("small", 64, 64), ("imagenet", 32, 8)],
)
def test_the_stem_follows_the_size_of_the_images(stem: str, side: int, expected: int) -> None:
    assert first_features(vision("resnet18", (3, side, side), stem), side) == expected


@pytest.mark.parametrize(
    "architecture",
    ["alexnet", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet0_5",
     "mobilenet_v2", "regnet_y_400mf", "shufflenet_v2_x0_5", "squeezenet1_0"],
)  # fmt: skip
def test_with_a_small_stem_these_take_small_images(architecture: str) -> None:
    made = vision(architecture, (1, 32, 32, 3), "auto")
    assert made.eval()(torch.zeros(2, 1, 32, 32)).shape == (2, 3)


@pytest.mark.parametrize("architecture", ["swin_t", "convnext_tiny"])
def test_patches_keep_their_stride(architecture: str) -> None:
    with torch.device("meta"):
        made, oracle = vision(architecture, (3, 32, 32), "small"), models.get_model(architecture)
    strides = [
        next(layer.stride for layer in network.modules() if isinstance(layer, nn.Conv2d))
        for network in (made, oracle)
    ]
    assert strides == [(4, 4), (4, 4)]


def test_the_windows_of_maxvit_keep_their_resolution() -> None:
    with torch.device("meta"):
        made = vision("maxvit_t", (3, 224, 224), "small")
    assert made.get_submodule("stem.0.0").stride == (2, 2)


def test_a_vit_takes_the_size_of_the_images() -> None:
    with torch.device("meta"):
        made = vision("vit_b_32", (1, 64, 64, 3))
        assert made(torch.zeros(2, 1, 64, 64)).shape == (2, 3)
    assert made.get_parameter("encoder.pos_embedding").shape == (1, 1 + 2 * 2, 768)


@pytest.mark.parametrize("architecture", ["vgg11", "vgg16_bn"])
@pytest.mark.parametrize(("side", "pool"), [(224, nn.Identity), (32, AdaptiveAverage)])
def test_vgg_pools_only_where_its_features_are_not_7_by_7(
    architecture: str, side: int, pool: type[nn.Module]
) -> None:
    with torch.device("meta"):
        made = vision(architecture, (3, side, side, 2), "auto")
        assert isinstance(made.avgpool, pool)
        assert made(torch.zeros(2, 3, side, side)).shape == (2, 2)


def test_building_leaves_it_in_training_and_its_moments_fresh() -> None:
    made = vision("resnet18", (3, 32, 32, 2))
    assert made.training
    norms = [layer for layer in made.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(norm.running_mean is not None and not norm.running_mean.any() for norm in norms)


@pytest.mark.parametrize("architecture", ["googlenet", "inception_v3"])
def test_there_are_no_auxiliary_heads(architecture: str) -> None:
    made = vision(architecture, (3, 80, 80, 3))
    assert made.train()(torch.randn(2, 3, 80, 80)).shape == (2, 3)
    assert not [name for name in made.state_dict() if "aux" in name.lower()]


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    expected = "is unknown to torchvision; did you mean resnet18?"
    assert complaint("resnt18", (3, 32, 32)).endswith(expected)


def test_a_strange_name_is_answered_with_all() -> None:
    assert "known are: alexnet, convnext_base" in complaint("zzz", (3, 32, 32))


@pytest.mark.parametrize(
    "architecture", ["fcn_resnet50", "r3d_18", "quantized_resnet18", "raft_small"]
)
def test_what_does_not_classify_images_is_refused(architecture: str) -> None:
    assert "does not classify images; " in complaint(architecture, (3, 32, 32))


@pytest.mark.parametrize(
    ("architecture", "size", "reason"),
    [
        ("vit_b_32", (3, 40, 40), "indivisible by patch size"),
        ("vit_b_32", (3, 32, 64), "Wrong image width! Expected 32 but got 64!"),
        ("maxvit_t", (3, 64, 64), "not divisible by partition size 7"),
        ("inception_v3", (3, 32, 32), "Kernel size can't be greater than actual input size"),
        ("alexnet", (3, 32, 32), "Output size is too small"),
        ("vgg11", (3, 16, 16), "Output size is too small"),
    ],
)  # fmt: skip
def test_images_that_do_not_fit_are_refused(
    architecture: str, size: tuple[int, ...], reason: str
) -> None:
    message = complaint(architecture, size)
    assert f"does not take images of {size[1]} x {size[2]} pixels" in message
    assert reason in message
    assert "change preprocess.image_size" in message


def test_too_little_memory_is_no_fault_of_the_architecture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def short(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    monkeypatch.setattr(introspection, "trial_logits", short)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        built(shape(3, 32, 32), network="torchvision", architecture="squeezenet1_1")
