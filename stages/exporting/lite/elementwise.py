"""Operators that compute each value of a tensor by itself."""

import math

import numpy as np
from onnx import NodeProto

from stages.exporting.inference import UnsupportedError
from stages.exporting.lite.flatbuffer import Tensor
from stages.exporting.lite.layouts import Layouts, attributes

SAME = {  # by ONNX's name: LiteRT's
    "Abs": "ABS",
    "Add": "ADD",
    "And": "LOGICAL_AND",
    "Div": "DIV",
    "Equal": "EQUAL",
    "Exp": "EXP",
    "Greater": "GREATER",
    "GreaterOrEqual": "GREATER_EQUAL",
    "HardSwish": "HARD_SWISH",
    "Less": "LESS",
    "LessOrEqual": "LESS_EQUAL",
    "Log": "LOG",
    "Max": "MAXIMUM",
    "Min": "MINIMUM",
    "Mul": "MUL",
    "Neg": "NEG",
    "Not": "LOGICAL_NOT",
    "Or": "LOGICAL_OR",
    "Pow": "POW",
    "Relu": "RELU",
    "Sigmoid": "LOGISTIC",
    "Sqrt": "SQRT",
    "Sub": "SUB",
    "Tanh": "TANH",
    "Where": "SELECT_V2",
}
# Of those that read their options: the kind of them.
OPTIONS = {
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "DIV": "DivOptions",
}


def same(layouts: Layouts, node: NodeProto) -> None:
    """Translate an operator that LiteRT has, too, of one or more broadcast inputs."""
    last, code = layouts.are_last(node), SAME[node.op_type]
    if node.op_type in {"Max", "Min"} and len(node.input) != 2:
        raise UnsupportedError(f"{node.op_type} of {len(node.input)} tensors, LiteRT has it of 2")
    inputs = [layouts.get(name, last=last) for name in node.input]
    options = {"of": OPTIONS[code]} if code in OPTIONS else {}
    layouts.lite.add(code, inputs, layouts.output(node, last=last), **options)


def cast(layouts: Layouts, node: NodeProto) -> None:
    """Change the type."""
    last = layouts.are_last(node)
    source = layouts.get(node.input[0], last=last)
    layouts.lite.add("CAST", [source], layouts.output(node, last=last), of="CastOptions")


def identity(layouts: Layouts, node: NodeProto) -> None:
    """Give a value another name."""
    layouts.tensors[node.output[0]] = layouts.tensors[node.input[0]]


def gelu(layouts: Layouts, node: NodeProto) -> None:
    """Translate GELU, exact or by tanh."""
    last = layouts.are_last(node)
    rough = attributes(node).get("approximate", b"none") == b"tanh"
    source = layouts.get(node.input[0], last=last)
    made = layouts.output(node, last=last)
    layouts.lite.add("GELU", [source], made, of="GeluOptions", approximate=rough)


def leaky_relu(layouts: Layouts, node: NodeProto) -> None:
    """Translate leaky ReLU."""
    last, alpha = layouts.are_last(node), attributes(node).get("alpha", 0.01)
    source = layouts.get(node.input[0], last=last)
    made = layouts.output(node, last=last)
    layouts.lite.add("LEAKY_RELU", [source], made, of="LeakyReluOptions", alpha=alpha)


def clip(layouts: Layouts, node: NodeProto) -> None:
    """Translate bounds, one or both; of 0 and 6 there is an operator of its own."""
    given = [*node.input[1:], "", ""][:2]
    low, high = (
        float(layouts.known(node, number)) if name else end
        for number, name, end in zip((1, 2), given, (-math.inf, math.inf), strict=True)
    )
    _clipped(layouts, node, layouts.get(node.input[0], last=_last(layouts, node)), [low, high])


def hard_sigmoid(layouts: Layouts, node: NodeProto) -> None:
    """Translate max(0, min(1, alpha x + beta))."""
    given = {"alpha": 0.2, "beta": 0.5} | attributes(node)
    source = layouts.get(node.input[0], last=_last(layouts, node))
    scale, shift = layouts.scalar(given["alpha"]), layouts.scalar(given["beta"])
    scaled = layouts.step("MUL", [source, scale], source.shape, of="MulOptions")
    shifted = layouts.step("ADD", [scaled, shift], source.shape, of="AddOptions")
    _clipped(layouts, node, shifted, [0.0, 1.0])


def _last(layouts: Layouts, node: NodeProto) -> bool:
    """Return whether the first input has channels last; bounds are no tensors."""
    return True in layouts.tensors[node.input[0]]


def _clipped(layouts: Layouts, node: NodeProto, source: Tensor, bounds: list[float]) -> None:
    made = layouts.output(node, last=_last(layouts, node))
    if bounds == [0.0, 6.0]:
        layouts.lite.add("RELU6", [source], made)
        return
    low, high = (layouts.scalar(float(np.float32(bound))) for bound in bounds)
    raised = layouts.step("MAXIMUM", [source, low], source.shape)
    layouts.lite.add("MINIMUM", [raised, high], made)
