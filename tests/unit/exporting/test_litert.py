import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch
from exports import IMAGES, PARAMS, Branching, close, expected, job
from torch import Tensor, nn
from torch.nn.functional import pad

from stages.exporting import litert
from stages.exporting.inference import UnsupportedError

interpreter = pytest.importorskip("ai_edge_litert.interpreter")
schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

Function: TypeAlias = Callable[[Any], Tensor]


@pytest.fixture(scope="module")
def model() -> bytes:
    return litert.convert(job(), PARAMS)


def operators(model: bytes) -> list[str]:
    """Return the names of the operators of a file, in the order of computation."""
    read = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if name.isupper()}
    codes = [names[code.builtinCode] for code in read.operatorCodes]
    return [codes[one.opcodeIndex] for one in read.subgraphs[0].operators]


def test_the_same_network_is_the_same_bytes(model: bytes) -> None:
    assert litert.convert(job(), PARAMS) == model
    assert str(Path.cwd()).encode() not in model


def test_it_gives_the_outputs_of_the_classifier(model: bytes) -> None:
    close(litert.predict(model, IMAGES.split(3), 1), expected())


def test_floats_are_taken_too() -> None:
    params = PARAMS.model_copy(update={"input": "float"})
    made = litert.convert(job(params=params), params)
    close(litert.predict(made, [IMAGES.float() / 255], 1), expected())


def test_the_signature_names_what_goes_in_and_comes_out(model: bytes) -> None:
    run = interpreter.Interpreter(model_content=model)
    assert run.get_signature_list() == {
        "serving_default": {
            "inputs": ["images"],
            "outputs": ["answered", "logits", "ood", "probabilities", "sets"],
        }
    }
    (taken,) = run.get_input_details()
    assert (taken["name"], [*taken["shape"]], taken["dtype"].__name__) == (
        "images",
        [1, 4, 5, 1],
        "uint8",
    )


def test_the_description_is_among_its_metadata(model: bytes) -> None:
    read = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    (note,) = read.metadata
    assert note.name == b"reprise"
    text = bytes(read.buffers[note.buffer].data).decode()
    assert json.loads(text)["classes"] == ["dark", "bright"]
    assert text == job().description


class Own(nn.Module):
    """Give a logit for each function of features [B, 3, 4, 5], which a convolution makes."""

    def __init__(self, *functions: Function) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first, self.functions = nn.Conv2d(1, 3, 1), functions
        with torch.no_grad():
            found = [function(torch.zeros(1, 3, 4, 5)).flatten(1) for function in functions]
        self.last = nn.ModuleList(nn.Linear(part.shape[1], 1) for part in found)

    def forward(self, images: Tensor) -> Tensor:
        features = self.first(images)
        parts = [function(features).flatten(1) for function in self.functions]
        pairs = zip(self.last, parts, strict=True)
        return torch.cat([layer(part) for layer, part in pairs], 1)


def halves(features: Tensor) -> Tensor:
    one, other = features.split([1, 2], 1)
    return torch.cat([other, one * 2], 1)


def attention(features: Tensor) -> Tensor:
    rows = features.flatten(2)
    return (rows @ rows.transpose(1, 2) / 4).softmax(-1) @ rows


def squeezed(features: Tensor) -> Tensor:
    return features * torch.sigmoid(features.mean((2, 3), keepdim=True))


def normalized() -> nn.Module:
    """Return a batch normalisation that no convolution can take in."""
    layer = nn.BatchNorm2d(3).eval()
    nn.init.uniform_(layer.running_mean)  # type: ignore[arg-type]
    nn.init.uniform_(layer.running_var, 0.5, 2)  # type: ignore[arg-type]
    return nn.Sequential(nn.ReLU(), layer)


NORM = nn.LayerNorm(3)
WINDOWS: dict[str, Function] = {
    "stride": nn.Conv2d(3, 4, 3, stride=2, padding=1),
    "no padding": nn.Conv2d(3, 4, (2, 3)),
    "unlike padding": nn.Conv2d(3, 4, 3, padding=(2, 0), stride=(1, 2), bias=False),
    "dilation": nn.Conv2d(3, 4, 2, dilation=2, padding=1),
    "groups": nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 6, 3, padding=1, groups=2)),
    "depthwise": nn.Conv2d(3, 6, 3, padding=1, groups=3),
    "max": nn.MaxPool2d(2),
    "max padded": nn.MaxPool2d(3, stride=2, padding=1),
    "max ceil": nn.MaxPool2d(2, stride=2, ceil_mode=True),
    "average": nn.AvgPool2d(2),
    "average padded": nn.AvgPool2d(3, stride=1, padding=1),
    "average without padding": nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
    "global average": nn.AdaptiveAvgPool2d(1),
    "batch norm": normalized(),
}
ELEMENTWISE: dict[str, Function] = {
    "relu6": nn.ReLU6(),
    "clip": lambda features: features.clamp(-0.5, 0.25),
    "clip one side": lambda features: features.clamp(max=0.25),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "gelu by tanh": nn.GELU("tanh"),
    "leaky": nn.LeakyReLU(0.2),
    "arithmetic": lambda features: (features.abs() + 1).log() - features.exp() / 3,
    "roots and powers": lambda features: (features**2 + 1).sqrt() - (-features).tanh(),
    "chosen": lambda features: torch.where(features > 0.1, features, features * 3),
    "larger": lambda features: torch.maximum(features, features.mean(1, keepdim=True)),
    "added vector": lambda features: features + torch.arange(5) + torch.ones(3, 1, 1),
}
SHAPING: dict[str, Function] = {
    "halves": halves,
    "padded": lambda features: pad(features, (1, 2, 0, 1), value=0.5),
    "cut": lambda features: features[:, 1:, ::2, -3:],
    "one row": lambda features: features[:, :, 1],
    "moved": lambda features: features.permute(0, 3, 1, 2) * 2,
    "shuffled": lambda features: features.view(-1, 3, 2, 2, 5).transpose(1, 2).reshape(-1, 3, 4, 5),
    "repeated": lambda features: features.mean(1, keepdim=True).expand(-1, 3, 4, 5),
}
REDUCTIONS: dict[str, Function] = {
    "attention": attention,
    "squeezed": squeezed,
    "layer norm": nn.LayerNorm(5),
    "layer norm of channels": lambda features: NORM(features.permute(0, 2, 3, 1)),
    "product": lambda features: features @ torch.ones(5, 2),
    "left product": lambda features: torch.ones(2, 4) @ features,
    "sums": lambda features: features.sum(2) + features.amax(2),
    "all": lambda features: features.mean((1, 2)),
}


@pytest.mark.parametrize("group", [WINDOWS, ELEMENTWISE, SHAPING, REDUCTIONS])
def test_every_operator_gives_what_pytorch_does(group: Mapping[str, Function]) -> None:
    """A logit for each: converting takes a second, and these are many."""
    network = Own(*group.values())
    made = litert.convert(job(network), PARAMS)
    found, wanted = litert.predict(made, [IMAGES], 1).logits, expected(network=network).logits
    far = (found - wanted).abs().amax(0) > 1e-4 * wanted.abs().amax(0).clamp(min=0.1)
    assert not [name for name, one in zip(group, far, strict=True) if one]


def test_convolutions_follow_each_other_without_transposing() -> None:
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 1)]
    names = operators(litert.convert(job(Own(nn.Sequential(*layers))), PARAMS))
    assert names.count("TRANSPOSE") == 1  # before the linear layer
    assert names.count("CONV_2D") == 2
    assert names.count("DEPTHWISE_CONV_2D") == 1  # of the only channel


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda features: features.erf(), "no translation of ONNX's Erf to LiteRT"),
        (lambda features: features.softmax(1), "Softmax along another axis"),
    ],
)
def test_what_has_no_translation_is_named(function: Function, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        litert.convert(job(Own(function)), PARAMS)


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        litert.convert(job(Branching()), PARAMS)
