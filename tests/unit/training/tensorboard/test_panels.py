from collections.abc import Sequence
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.nets.layers import Normalize
from stages.training.tensorboard import panels
from stages.training.tensorboard.events import Panel
from stages.training.tensorboard.first_layers import Uncompiled
from stages.training.tensorboard.panels import mosaic

SummaryValue: TypeAlias = Any  # a message of TensorBoard's
CLASSES = ("cat", "a dog\nof two lines")


def value(panel: Panel) -> SummaryValue:
    (found,) = panel.content["summary"].value
    return found


def drawn(panel: Panel) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(value(panel).image.encoded_image_string)))


def resident(labels: list[int]) -> Resident:
    images = torch.arange(len(labels), dtype=torch.uint8).reshape(-1, 1, 1, 1).expand(-1, 8, 8, 1)
    return Resident(images.contiguous(), torch.tensor(labels))


def test_a_loss_that_is_no_number_is_a_point_too() -> None:
    epoch = Epoch(1, float("nan"), float("inf"), 0.0, 0.0, 0.1)
    assert len(list(panels.curves(epoch, 0.0))) == 6


def test_a_histogram_counts_the_weights() -> None:
    network = nn.Linear(3, 2)
    nn.init.constant_(network.bias, 5.0)
    weight, bias = panels.weights(network)
    assert [value(weight).tag, value(bias).tag] == ["weights/weight", "weights/bias"]
    counts, edges = np.histogram(network.weight.detach().numpy(), 64)
    shown = value(weight).histo
    assert (shown.num, sum(shown.bucket)) == (6, 6)
    assert (shown.min, shown.max) == (
        pytest.approx(network.weight.min().item()),
        pytest.approx(network.weight.max().item()),
    )
    filled = [(edge, n) for edge, n in zip(edges[1:], counts, strict=True) if n]
    seen = [(e, n) for e, n in zip(shown.bucket_limit, shown.bucket, strict=True) if n]
    assert np.allclose(seen, filled)
    assert value(bias).histo.min == value(bias).histo.max == 5.0


def test_of_many_weights_some_are_counted() -> None:
    (shown,) = panels.weights(nn.Linear(1000, 1000, bias=False))
    assert 4096 <= value(shown).histo.num < 8192


def test_weights_that_are_no_numbers_are_not_counted() -> None:
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight[0, 0] = float("nan")
        network.bias[0] = float("inf")
    (shown,) = panels.weights(network)
    assert (value(shown).tag, value(shown).histo.num) == ("weights/weight", 1)


def test_a_layer_without_weights_has_no_histogram() -> None:
    network = nn.ParameterList([nn.Parameter(torch.empty(0, 3)), torch.ones(1).bfloat16()])
    assert len(list(panels.weights(network))) == 1


def test_what_can_be_traced_is_a_graph() -> None:
    images = torch.zeros(2, 8, 8, 1, dtype=torch.uint8)
    (panel,) = panels.graph(nn.Flatten(), images)
    assert b"Flatten" in panel.content["graph_def"]
    assert not list(panels.graph(nn.Linear(7, 7), images))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_a_batch_is_shown_as_it_is_learned(channels: int, kind: torch.dtype) -> None:
    images = torch.full((50, 8, 8, channels), 200).to(kind)
    (panel,) = panels.batch(images)
    picture = drawn(panel)
    # 30 images in 6 rows, 12 times as large.
    assert picture.shape == (6 * 104, 5 * 104, 3)
    assert (picture == 200).all(2).sum() == 30 * 96 * 96


def test_pixels_out_of_range_are_clamped() -> None:
    (panel,) = panels.batch(torch.tensor([-9.0, 300.0]).reshape(2, 1, 1, 1).expand(2, 96, 96, 1))
    assert set(np.unique(drawn(panel))) == {0, 255}
    assert (drawn(panel) == 0).all(2).sum() == 96 * 96


def test_mistakes_come_in_the_order_of_their_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[tuple[int, str]]()

    def keep(images: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        shown.extend(zip(images[:, 0, 0, 0].tolist(), captions, strict=True))
        return mosaic(images)

    monkeypatch.setattr(panels, "mosaic", keep)
    logits = torch.tensor([[0.0, 1.0], [0.0, 3.0], [9.0, 0.0], [2.0, 0.0]])
    list(panels.mistakes(logits, resident([0, 0, 0, 1]), CLASSES))
    assert shown == [
        (1, "is cat\nsaid a dog of two lines\n95%"),
        (3, "is a dog of two lines\nsaid cat\n88%"),
        (0, "is cat\nsaid a dog of two lines\n73%"),
    ]


def test_of_many_mistakes_the_worst_are_shown() -> None:
    logits = torch.zeros(100, 2)
    logits[:, 1] = torch.linspace(1, 2, 100)
    (panel,) = panels.mistakes(logits, resident([0] * 100), CLASSES)
    picture = drawn(panel)
    assert picture.shape[1] == 5 * 104
    # The first pixel of the image of each cell: its row in the split.
    assert picture[8, 10].tolist() == [99] * 3


def parts(*layers: nn.Module) -> Uncompiled:
    return Uncompiled(Normalize((0.5,), (0.25,)), nn.Sequential(*layers))


PAIR = torch.arange(2 * 64 * 3, dtype=torch.uint8).reshape(2, 8, 8, 3)


def test_maps_are_a_picture_a_layer_named_by_kind_place_type_and_shape() -> None:
    made = panels.maps(parts(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.MaxPool2d(2)), PAIR, "now")
    convolution, activation, pooling = made
    assert value(convolution).tag == "feature maps/1 convolution 0 Conv2d 5 x 6 x 6"
    assert value(activation).tag == "feature maps/2 activation 1 ReLU 5 x 6 x 6"
    assert value(pooling).tag == "feature maps/3 pooling 2 MaxPool2d 5 x 3 x 3"
    assert {one.run for one in (convolution, activation, pooling)} == {"val"}
    picture, shown = drawn(pooling), value(pooling).image
    assert (shown.height, shown.width, shown.colorspace) == picture.shape == (*picture.shape[:2], 3)


def test_of_an_mlp_the_weights_are_shown_without_the_images() -> None:
    (panel,) = panels.maps(parts(nn.Flatten(), nn.Linear(64, 5)), PAIR[..., :1], "now")
    assert value(panel).tag == "feature maps/1 weights 1 Linear 5 x 8 x 8"
    assert drawn(panel).ndim == 2, "grey"


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (nn.Flatten(), "no layer of the network returns maps, or has a weight for every pixel"),
        (nn.Linear(7, 7), "the network does not run in a copy on the CPU: "),
    ],
)
def test_why_there_are_no_maps_is_written_there(layer: nn.Module, reason: str) -> None:
    (panel,) = panels.maps(parts(layer), PAIR, "now")
    (text,) = value(panel).tensor.string_val
    assert value(panel).metadata.plugin_data.plugin_name == "text"
    assert text.decode().startswith(f"None: {reason}")
    assert "\n" not in text.decode()


def test_without_mistakes_nothing_is_shown() -> None:
    assert not list(panels.mistakes(torch.eye(2), resident([0, 1]), CLASSES))


def test_no_name_adds_a_line_to_a_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[str]()

    def keep(images: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        shown.extend(captions)
        return mosaic(images, captions)

    monkeypatch.setattr(panels, "mosaic", keep)
    names = ["a\u2028b\x1b[2J\x0b\x1c\u202e", "\ud800<script>"]
    list(panels.mistakes(torch.tensor([[0.0, 1.0]] * 4), resident([0, 0, 0, 1]), names))
    assert len(shown) == 3
    assert {*shown} == {"is a b\\x1b[2J \\u202e\nsaid \\ud800<script>\n73%"}
