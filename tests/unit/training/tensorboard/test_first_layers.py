from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from toys import INTERFACE, NETWORK

from stages.nets import network
from stages.nets.interface import Interface
from stages.nets.layers import Normalize
from stages.training.tensorboard.first_layers import Uncompiled, as_maps, first_layers

SIZE: dict[str, object] = {"height": 32, "width": 32, "channels": 3}
COLOUR = INTERFACE.model_copy(update={**SIZE, "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)})
IMAGES = torch.randint(0, 256, (2, 32, 32, 3), generator=torch.Generator().manual_seed(0)).byte()


def built(interface: Interface = COLOUR, **changes: object) -> Uncompiled:
    torch.manual_seed(0)
    made = network.build(NETWORK.model_copy(update=changes), interface)
    return Uncompiled(Normalize(interface.mean, interface.std), made)


def around(*layers: nn.Module) -> Uncompiled:
    return Uncompiled(Normalize(COLOUR.mean, COLOUR.std), nn.Sequential(*layers))


def pixels() -> Tensor:
    """Return the normalised images, by hand."""
    mean, std = torch.tensor(COLOUR.mean), torch.tensor(COLOUR.std)
    return ((IMAGES / 255 - mean) / std).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"network": "cnn"}, "convolution normalisation pooling activation"),
        ({"network": "cnn", "activation": "gelu"}, "convolution normalisation activation pooling"),
        ({"network": "cnn", "norm": "none"}, "convolution pooling activation"),
        ({"network": "cnn", "activation": "none", "readout": "flatten"}, None),
        ({"network": "cnn", "filters": (4,)}, "convolution normalisation activation"),
        ({"network": "lenet"}, "convolution pooling activation"),
        ({"network": "resnet_small"}, "convolution normalisation activation"),
        ({"network": "speednet"}, "convolution activation pooling normalisation"),
        ({"network": "custom"}, "convolution"),
        ({"network": "mlp"}, "weights"),
        ({"network": "mlp", "hidden": (3 * 32 * 32, 5)}, "weights"),
        (
            {"network": "torchvision", "architecture": "resnet18", "stem": "imagenet"},
            "convolution normalisation activation pooling",
        ),
        (
            {"network": "torchvision", "architecture": "resnet18"},
            "convolution normalisation activation",
        ),
        (
            {"network": "torchvision", "architecture": "swin_t"},
            "convolution normalisation activation",
        ),
        (
            {"network": "timm", "architecture": "vit_tiny_patch16_224"},
            "convolution normalisation activation",
        ),
        (
            {"network": "timm", "architecture": "test_resnet"},
            "convolution normalisation activation pooling",
        ),
        (
            {"network": "timm", "architecture": "test_efficientnet"},
            "convolution normalisation, activation normalisation",
        ),
    ],
)
def test_each_family_shows_what_it_has_in_the_order_in_which_it_runs(
    changes: dict[str, object], kinds: str | None
) -> None:
    if changes["network"] == "timm":
        pytest.importorskip("timm")
    layers = first_layers(built(COLOUR, **changes), IMAGES)
    assert " ".join(one.kind for one in layers) == (kinds or "convolution normalisation pooling")
    for one in layers:
        assert len(one.maps) == (1 if kinds == "weights" else 2)
        assert not one.maps.requires_grad
        assert one.maps.isfinite().all()


def test_the_maps_of_a_cnn_are_what_its_layers_compute() -> None:
    parts = built(network="cnn")
    body = parts.network.get_submodule("body")
    convolved = F.conv2d(pixels(), body.get_parameter("0.weight"), padding=1)
    normalised = convolved / (1 + 1e-5) ** 0.5  # of an untrained batch norm: mean 0, variance 1
    pooled = normalised.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))
    expected = [convolved, normalised, pooled, pooled.clamp(min=0)]
    layers = first_layers(parts, IMAGES)
    assert [(one.name, one.type) for one in layers] == [
        ("body.0", "Conv2d"),
        ("body.1", "BatchNorm2d"),
        ("body.2", "MaxPool2d"),
        ("body.3", "ReLU"),
    ]
    for one, maps in zip(layers, expected, strict=True):
        torch.testing.assert_close(one.maps, maps.detach())


def test_what_the_layer_behind_overwrites_is_shown_as_it_was() -> None:
    convolution = nn.Conv2d(3, 4, 3)
    layers = first_layers(around(convolution, nn.BatchNorm2d(4), nn.ReLU(inplace=True)), IMAGES)
    convolved = F.conv2d(pixels(), convolution.weight, convolution.bias).detach()
    assert convolved.min() < -0.1
    torch.testing.assert_close(layers[0].maps, convolved)
    torch.testing.assert_close(layers[1].maps, convolved / (1 + 1e-5) ** 0.5)
    torch.testing.assert_close(layers[2].maps, (convolved / (1 + 1e-5) ** 0.5).clamp(min=0))


def test_the_patches_of_a_transformer_are_a_grid_without_the_token_of_the_class() -> None:
    wide = IMAGES.repeat(1, 2, 2, 1)
    parts = built(
        COLOUR.model_copy(update={"height": 64, "width": 64}),
        network="torchvision",
        architecture="vit_b_32",
    )
    convolution, norm, activation = first_layers(parts, wide)
    seen = list[Tensor]()
    layer = parts.network.get_submodule(norm.name)
    layer.register_forward_hook(lambda _, __, output: seen.append(output))
    with torch.no_grad():
        parts.network.eval()(parts.normalize(wide))
    assert convolution.maps.shape == (2, 768, 2, 2)
    for row in range(2):
        for column in range(2):
            token = seen[0][:, 1 + 2 * row + column]  # behind that of the class
            torch.testing.assert_close(norm.maps[:, :, row, column], token)
    assert activation.maps.shape == (2, 3072, 2, 2)


def test_channels_that_come_last_are_put_first() -> None:
    output = torch.rand(2, 4, 5, 7)
    assert as_maps(output, (4, 5), 2).equal(output.permute(0, 3, 1, 2))  # type: ignore[union-attr]
    assert as_maps(output, (5, 7), 2) is output
    assert as_maps(output, None, 2) is output


@pytest.mark.parametrize(
    "output",
    [
        torch.rand(3, 4, 5, 7),  # of windows, not of images
        torch.rand(2, 4, 1, 1),  # of all positions together
        torch.rand(2, 19, 7),  # fewer tokens than places
        torch.rand(2, 29, 7),  # many more
        torch.rand(2, 7),
        torch.tensor(1.0),
        (torch.rand(2, 4, 5, 7), None),
        None,
    ],
)
def test_what_has_no_positions_is_no_map(output: object) -> None:
    assert as_maps(output, (4, 5), 2) is None


def test_of_an_mlp_it_is_the_weights_for_each_pixel_of_the_layer_that_sees_them() -> None:
    parts = built(network="mlp", hidden=(3 * 32 * 32, 5))  # the first two look alike
    (layer,) = first_layers(parts, IMAGES)
    weight = parts.network.get_parameter("body.0.weight").detach()
    assert (layer.kind, layer.name) == ("weights", "body.0")
    unit, row, column = 17, 3, 30
    expected = sum(weight[unit, colour * 32 * 32 + row * 32 + column] for colour in range(3))
    torch.testing.assert_close(layer.maps[0, unit, row, column], expected)


def test_a_network_of_functions_shows_nothing() -> None:
    assert first_layers(around(nn.Flatten(), nn.LayerNorm(3072), nn.Linear(3072, 2)), IMAGES) == []


class Counting(nn.Module):
    """A network that changes when it runs, in evaluation, too, and draws random numbers."""

    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.register_buffer("count", torch.zeros(1))
        self.runs = 0

    def forward(self, images: Tensor) -> Tensor:
        self.count += 1
        self.runs += 1
        logits: Tensor = self.norm(self.layer(images) + torch.rand(1)).mean((2, 3))
        return logits


@pytest.mark.parametrize("training", [True, False])
def test_neither_the_network_nor_chance_change(*, training: bool) -> None:
    parts = Uncompiled(Normalize(COLOUR.mean, COLOUR.std), Counting())
    parts.network.train(training)
    parts.network.norm.train(not training)  # type: ignore[union-attr]
    before, state = deepcopy(parts.network), torch.get_rng_state()
    assert len(first_layers(parts, IMAGES)) == 2
    assert torch.equal(torch.get_rng_state(), state)
    assert parts.network.runs == 0
    for now, then in zip(parts.network.modules(), before.modules(), strict=True):
        assert now.training is then.training
        assert not now._forward_hooks
    for name, tensor in parts.network.state_dict().items():
        assert torch.equal(tensor, before.state_dict()[name]), name
    assert all(weight.grad is None for weight in parts.network.parameters())
