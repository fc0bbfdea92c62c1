import numpy as np
import pytest
import torch
from exports import IMAGES, PARAMS, Branching, expected, job
from onnx import ModelProto, TensorProto, numpy_helper
from pydantic import ValidationError
from torch import Tensor, nn

from stages.exporting import onnx, onnx_int8
from stages.exporting.onnx_int8 import Int8, Reader


class Wide(nn.Module):
    """Have so many weights that nothing else counts."""

    def __init__(self, first: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(first, nn.Flatten(), nn.LazyLinear(512), nn.ReLU())
        self.head = nn.Linear(512, 2)
        with torch.no_grad():
            self(torch.zeros(1, 1, 4, 5))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(images))
        return logits


def wide(*, convolution: bool) -> nn.Module:
    return Wide(nn.Conv2d(1, 16, 3, padding=1) if convolution else nn.Identity())


def operators(model: bytes) -> set[str]:
    return {node.op_type for node in ModelProto.FromString(model).graph.node}


@pytest.mark.parametrize("convolution", [True, False])
def test_it_is_near_the_classifier_and_much_smaller(convolution: bool) -> None:  # noqa: FBT001
    network = wide(convolution=convolution)
    made = job(network)
    model = onnx_int8.convert(made, PARAMS)
    found = onnx.predict(model, IMAGES.split(3), 1)
    wanted = expected(network=network)
    torch.testing.assert_close(found.probabilities, wanted.probabilities, atol=0.05, rtol=0)
    share = 0.35 if convolution else 0.5  # these are small for the notes of quantization
    assert len(model) < share * len(onnx.convert(made, PARAMS))


def test_convolutions_have_fixed_ranges_and_linear_layers_those_of_the_batch() -> None:
    fixed, live = (
        operators(onnx_int8.convert(job(wide(convolution=kind)), PARAMS)) for kind in (True, False)
    )
    assert "QuantizeLinear" in fixed
    assert "DynamicQuantizeLinear" not in fixed
    assert {"DynamicQuantizeLinear", "MatMulInteger"} <= live


class Smooth(nn.Module):
    """Add what a convolution gives to itself, and to a root, which has no 8 bits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        features = self.first(images).relu()
        features = features + self.second(features)
        features = features + (features * features + 4).sqrt()
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


def test_a_sum_has_8_bits_only_where_all_that_it_adds_has() -> None:
    model = ModelProto.FromString(onnx_int8.convert(job(Smooth()), PARAMS))
    made = {output: node for node in model.graph.node for output in node.output}
    sums = [node for node in model.graph.node if node.op_type == "Add"]
    sources = [[made[name].op_type for name in node.input if name in made] for node in sums]
    assert ["DequantizeLinear"] * 2 in sources
    assert [kinds for kinds in sources if "Sqrt" in kinds]
    assert not any(
        made[node.input[0]].op_type == "Sqrt" and node.op_type == "QuantizeLinear"
        for node in model.graph.node
        if node.input[0] in made
    )
    found = onnx.predict(model.SerializeToString(), IMAGES.split(3), 1)
    wanted = expected(network=Smooth())
    torch.testing.assert_close(found.probabilities, wanted.probabilities, atol=0.02, rtol=0)


def pooled(*layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), *layers, nn.Flatten(), nn.Linear(16, 2))


@pytest.mark.parametrize("layers", [(nn.MaxPool2d(2), nn.ReLU()), (nn.ReLU(), nn.MaxPool2d(2))])
def test_a_maximum_has_the_range_of_what_it_gets(layers: tuple[nn.Module, ...]) -> None:
    network = pooled(*layers)
    model = onnx_int8.convert(job(network), PARAMS)
    graph = ModelProto.FromString(model).graph
    made = {output: node for node in graph.node for output in node.output}
    (pool,) = (node for node in graph.node if node.op_type == "MaxPool")
    (after,) = (node for node in graph.node if pool.output[0] in node.input)
    before = made[pool.input[0]]
    assert (before.op_type, after.op_type) == ("DequantizeLinear", "QuantizeLinear")
    scales = {one.name: numpy_helper.to_array(one).item() for one in graph.initializer
              if one.name in (before.input[1], after.input[1])}  # fmt: skip
    assert len({*scales.values()}) == 1
    found = onnx.predict(model, IMAGES.split(3), 1)
    wanted = expected(network=network)
    torch.testing.assert_close(found.probabilities, wanted.probabilities, atol=0.02, rtol=0)


def test_a_maximum_that_others_read_too_stays_before_its_relu() -> None:
    class Forked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2))
            self.head = nn.Linear(16, 2)

        def forward(self, images: Tensor) -> Tensor:
            features = self.body(images)
            logits: Tensor = self.head((features + features.relu()).flatten(1))
            return logits

    network = Forked()
    found = onnx.predict(onnx_int8.convert(job(network), PARAMS), IMAGES.split(3), 1)
    wanted = expected(network=network)
    torch.testing.assert_close(found.probabilities, wanted.probabilities, atol=0.02, rtol=0)


def test_activations_have_no_sign_and_weights_have() -> None:
    graph = ModelProto.FromString(
        onnx_int8.convert(job(pooled(nn.ReLU(), nn.MaxPool2d(2))), PARAMS)
    ).graph
    zeros = {one.name: one.data_type for one in graph.initializer}
    given = [node.input[2] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert {zeros[name] for name in given} == {TensorProto.UINT8}
    assert TensorProto.INT8 in zeros.values()


def test_the_same_network_is_the_same_bytes_with_its_description() -> None:
    model = onnx_int8.convert(job(), PARAMS)
    assert onnx_int8.convert(job(), PARAMS) == model
    (note,) = ModelProto.FromString(model).metadata_props
    assert (note.key, note.value) == ("reprise", job().description)


def test_calibration_sees_every_image_once() -> None:
    images = torch.arange(150, dtype=torch.uint8).view(150, 1, 1, 1)
    reader = Reader(images)
    batches = list(iter(reader.get_next, None))
    np.testing.assert_array_equal(np.concatenate([one["images"] for one in batches]), images)
    assert reader.get_next() is None


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        onnx_int8.convert(job(Branching()), PARAMS)


@pytest.mark.parametrize("calibration", [0, 1.5, None])
def test_no_images_to_calibrate_with_are_refused(calibration: object) -> None:
    with pytest.raises(ValidationError, match="calibration"):
        Int8.model_validate({"opset": 20, "calibration": calibration})
