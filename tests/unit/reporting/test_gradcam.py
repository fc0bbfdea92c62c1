import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from toys import pixels

from stages.reporting.gradcam import COLD, HOT, OPACITY, heat_maps, last_maps, overlay

IMAGES = np.stack([pixels(n, 8, 9) for n in range(4)])  # [4, 8, 9, 3]
LABELS = np.array([0, 1, 2, 1])


class First(nn.Module):
    """Channels first, as networks take them."""

    def forward(self, images: Tensor) -> Tensor:
        return images.permute(0, 3, 1, 2).float() / 255


class Mean(nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))


def network(*layers: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.reset_parameters()
    return nn.Sequential(First(), *layers)


def test_a_convolution_its_mean_and_a_linear_head_give_cam() -> None:
    convolution, head = nn.Conv2d(3, 5, 3), nn.Linear(5, 3)
    found = heat_maps(network(convolution, Mean(), head), IMAGES, LABELS)
    # Zhou et al. 2016, eq. 2: the maps, each by the weight of the head for the class.
    maps = convolution(First()(torch.from_numpy(IMAGES)))
    cam = torch.einsum("bf,bfyx->byx", head.weight[torch.from_numpy(LABELS)], maps).relu()
    sized = F.interpolate(cam[:, None], (8, 9), mode="bilinear")[:, 0]
    expected = sized / sized.amax((1, 2), keepdim=True).clamp_min(1e-12)
    assert found is not None
    np.testing.assert_allclose(found, expected.detach(), atol=1e-5)


def test_the_heat_is_where_the_evidence_is() -> None:
    images = np.zeros((1, 8, 8, 1), np.uint8)
    images[0, 5, 2] = 255
    convolution, head = nn.Conv2d(1, 1, 1, bias=False), nn.Linear(1, 2, bias=False)
    made = network(convolution, Mean(), head)
    convolution.weight.data.fill_(1)
    head.weight.data = torch.tensor([[1.0], [-1.0]])
    expected = np.zeros((1, 8, 8))
    expected[0, 5, 2] = 1
    np.testing.assert_array_equal(heat_maps(made, images, np.array([0])), expected)
    np.testing.assert_array_equal(heat_maps(made, images, np.array([1])), 0 * expected)


@pytest.mark.parametrize("inplace", [True, False])
def test_layers_that_write_in_place_change_nothing(inplace: bool) -> None:  # noqa: FBT001
    layers = nn.Conv2d(3, 4, 3), nn.ReLU(inplace), Mean(), nn.Linear(4, 3)
    other = nn.Conv2d(3, 4, 3), nn.ReLU(not inplace), Mean(), nn.Linear(4, 3)
    first, second = (heat_maps(network(*made), IMAGES, LABELS) for made in (layers, other))
    np.testing.assert_array_equal(first, second)


def test_nothing_is_left_behind() -> None:
    asked = network(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), Mean(), nn.Linear(4, 3))
    asked.train()
    asked[1].requires_grad_(requires_grad=False)
    before = {name: value.clone() for name, value in asked.state_dict().items()}
    maps = heat_maps(asked, IMAGES, LABELS)
    assert maps is not None
    assert maps.any()
    assert all(torch.equal(value, before[name]) for name, value in asked.state_dict().items())
    assert all(parameter.grad is None for parameter in asked.parameters())
    assert asked.training
    assert not any(layer._forward_hooks for layer in asked.modules())
    np.testing.assert_array_equal(maps, heat_maps(asked, IMAGES, LABELS))  # without dropout


def test_it_works_where_gradients_are_off() -> None:
    asked = network(nn.Conv2d(3, 4, 3), Mean(), nn.Linear(4, 3))
    with torch.no_grad():
        found = heat_maps(asked, IMAGES, LABELS)
    np.testing.assert_array_equal(found, heat_maps(asked, IMAGES, LABELS))


def test_an_image_is_judged_by_itself() -> None:
    asked = network(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), Mean(), nn.Linear(4, 3))
    together = heat_maps(asked, IMAGES, LABELS)
    alone = heat_maps(asked, IMAGES[:1], LABELS[:1])
    assert together is not None
    assert alone is not None
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)


def test_without_a_convolution_there_is_no_map() -> None:
    assert heat_maps(network(nn.Flatten(), nn.Linear(216, 3)), IMAGES, LABELS) is None


def test_without_images_there_is_no_map() -> None:
    asked = network(nn.Conv2d(3, 4, 3), Mean(), nn.Linear(4, 3))
    assert heat_maps(asked, IMAGES[:0], LABELS[:0]) is None


def test_a_diverged_network_has_no_heat() -> None:
    convolution = nn.Conv2d(3, 4, 3)
    asked = network(convolution, Mean(), nn.Linear(4, 3))
    nn.init.constant_(convolution.weight, float("nan"))
    np.testing.assert_array_equal(heat_maps(asked, IMAGES, LABELS), np.zeros((4, 8, 9)))


def test_a_convolution_that_does_not_reach_the_logits_has_no_heat() -> None:
    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.head = nn.Conv2d(3, 2, 3), nn.Linear(3, 3)

        def forward(self, maps: Tensor) -> Tensor:
            self.convolution(maps)
            logits: Tensor = self.head(maps.mean((2, 3)))
            return logits

    np.testing.assert_array_equal(heat_maps(network(Unused()), IMAGES, LABELS), np.zeros((4, 8, 9)))


def test_the_last_convolution_that_runs_and_tells_places_apart_is_taken() -> None:
    image = torch.from_numpy(IMAGES[:1])

    def taken(*layers: nn.Module) -> nn.Module | None:
        place = last_maps(network(*layers, Mean()), image)
        return place.layer if place else None

    wide, narrow = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, (6, 7))
    assert taken(wide, narrow) is wide  # narrow: 1 x 1
    assert taken(nn.Conv2d(3, 4, (8, 9))) is not None
    assert taken(wide, nn.Conv2d(4, 4, 1, stride=2)) is wide  # shortcut
    resting = Twice(nn.ReLU())
    resting.add_module("never_runs", nn.Conv2d(3, 3, 1))
    assert taken(wide, nn.MaxPool2d(2), resting) is wide


class Twice(nn.Module):
    """A layer used again, on the mean of its maps."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, maps: Tensor) -> Tensor:
        mean: Tensor = self.layer(self.layer(maps).mean((2, 3)))
        return mean[:, :, None, None]


def test_maps_are_taken_behind_norm_and_activation() -> None:
    norm, activation = nn.BatchNorm2d(4), nn.ReLU()
    layers = nn.Conv2d(3, 4, 3), norm, activation, nn.MaxPool2d(2), Mean(), nn.Linear(4, 3)
    place = last_maps(network(*layers), torch.from_numpy(IMAGES[:1]))
    assert place is not None
    assert place.layer is activation


def test_a_part_that_returns_no_tensor_is_passed_over() -> None:
    class Pair(nn.Module):
        def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
            return maps, maps

    class Left(nn.Module):
        def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
            return pair[0].mean((2, 3))

    wide = nn.Conv2d(3, 4, 3)
    place = last_maps(network(wide, Pair(), Left()), torch.from_numpy(IMAGES[:1]))
    assert place is not None
    assert place.layer is wide


def test_maps_of_an_activation_that_is_used_again_are_those_of_the_convolution() -> None:
    convolution, head = nn.Conv2d(3, 5, 3), nn.Linear(5, 3)
    again = heat_maps(network(convolution, Twice(nn.ReLU()), Mean(), head), IMAGES, LABELS)
    once = heat_maps(network(convolution, nn.ReLU(), Mean(), head), IMAGES, LABELS)
    np.testing.assert_array_equal(again, once)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small"])
def test_networks_of_torchvision_have_maps(name: str) -> None:
    from torchvision.models import get_model  # noqa: PLC0415

    torch.manual_seed(0)
    asked = nn.Sequential(First(), get_model(name, weights=None, num_classes=3))
    images = np.stack([pixels(n, 48, 48) for n in range(2)])
    maps = heat_maps(asked, images, np.array([0, 2]))
    assert maps is not None
    assert maps.shape == (2, 48, 48)
    assert maps.min() >= 0
    assert maps.max() <= 1


class Transformer(nn.Module):
    """Patches of 2 pixels, and one token of the class before them, if there is one."""

    def __init__(self, *, has_class: bool) -> None:
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 4, 2, 2), nn.Linear(4, 3)
        self.token = nn.Parameter(torch.randn(1, 1, 4)) if has_class else None
        self.before, self.behind = nn.LayerNorm(4), nn.LayerNorm(4)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)

    def forward(self, maps: Tensor) -> Tensor:
        tokens = self.patches(maps).flatten(2).transpose(1, 2)
        if self.token is not None:
            tokens = torch.cat([self.token.expand(len(maps), -1, -1), tokens], 1)
        normed = self.before(tokens)
        tokens = self.behind(tokens + self.attention(normed, normed, normed)[0])
        logits: Tensor = self.head(tokens.mean(1) if self.token is None else tokens[:, 0])
        return logits


def test_of_a_transformer_the_last_norm_whose_places_reach_the_logits_is_taken() -> None:
    image = torch.from_numpy(IMAGES[:1])
    for has_class in (True, False):
        asked = network(Transformer(has_class=has_class))
        place = last_maps(asked, image)
        assert place is not None
        name = "before" if has_class else "behind"
        assert place.layer is asked.get_submodule(f"1.{name}")
        assert place.grid == (4, 4)


def test_tokens_that_are_averaged_give_cam() -> None:
    made = Transformer(has_class=False)
    asked = network(made)
    found = heat_maps(asked, IMAGES, LABELS)
    seen = list[Tensor]()
    made.behind.register_forward_hook(lambda *given: seen.append(given[2]))
    asked(torch.from_numpy(IMAGES))
    cam = (seen[0] * made.head.weight[torch.from_numpy(LABELS)][:, None]).sum(2).relu()
    sized = F.interpolate(cam.view(4, 1, 4, 4), (8, 9), mode="bilinear")[:, 0]
    expected = sized / sized.amax((1, 2), keepdim=True).clamp_min(1e-12)
    assert found is not None
    np.testing.assert_allclose(found, expected.detach(), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "side", "grid"),
    [
        ("vit_tiny_patch16_224", 48, (3, 3)),
        ("swin_tiny_patch4_window7_224", 64, (2, 2)),
        ("mixer_s32_224", 64, (2, 2)),
        ("eva02_tiny_patch14_224", 56, (4, 4)),
    ],
)
def test_transformers_of_timm_have_maps_of_their_last_places(
    name: str, side: int, grid: tuple[int, int]
) -> None:
    import timm  # noqa: PLC0415 - takes seconds

    torch.manual_seed(0)
    made = timm.create_model(name, num_classes=3, img_size=(side, side))
    for weight in made.get_submodule("head").parameters():
        nn.init.normal_(weight)  # some begin at 0
    asked = nn.Sequential(First(), made)
    images = np.stack([pixels(n, side, side) for n in range(3)])
    place = last_maps(asked.eval(), torch.from_numpy(images[:1]))
    assert place is not None
    assert place.grid == grid
    maps = heat_maps(asked, images, np.arange(3))
    assert maps is not None
    assert maps.shape == (3, side, side)
    assert maps.max() == pytest.approx(1)


def test_cold_places_are_the_image_in_grey_and_hot_ones_are_red() -> None:
    image = np.full((1, 3, 3), (30, 60, 90), np.uint8)
    painted = overlay(image, np.array([[0, 1, 0.5]], np.float32))
    grey = np.full(3, 60)
    np.testing.assert_array_equal(painted[0, 0], grey)
    hot = (1 - OPACITY) * grey + OPACITY * np.array(HOT)
    np.testing.assert_array_equal(painted[0, 1], hot.round())
    assert painted[0, 2].max() > 100
    assert COLD[2] > COLD[0]


def test_a_grey_image_is_painted_in_colour() -> None:
    assert overlay(np.zeros((4, 5, 1), np.uint8), np.ones((4, 5), np.float32)).shape == (4, 5, 3)
