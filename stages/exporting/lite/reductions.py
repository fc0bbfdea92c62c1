"""Products of matrices, and operators that reduce an axis."""

import numpy as np
from onnx import NodeProto

from stages.exporting.inference import UnsupportedError
from stages.exporting.lite.flatbuffer import Tensor
from stages.exporting.lite.layouts import TO_LAST, Layouts, attributes


def linear(layouts: Layouts, node: NodeProto) -> None:
    """Translate Gemm, of a matrix with constant weights."""
    given = attributes(node)
    if given.get("transA", 0) or {given.get("alpha", 1.0), given.get("beta", 1.0)} != {1.0}:
        raise UnsupportedError("Gemm with a factor, or of a transposed input")
    weights = layouts.known(node, 1)
    bias = [layouts.get(name) for name in node.input[2:]]
    _connected(layouts, node, weights if given.get("transB", 0) else weights.T, bias)


def product(layouts: Layouts, node: NodeProto) -> None:
    """Translate MatMul, by constant weights or of any two."""
    other = layouts.constants.get(node.input[1])
    if other is not None and other.ndim == 2:
        _connected(layouts, node, other.T, [])
        return
    pair = [layouts.get(name) for name in node.input]
    layouts.lite.add("BATCH_MATMUL", pair, layouts.output(node), of="BatchMatMulOptions")


def _connected(layouts: Layouts, node: NodeProto, weights: np.ndarray, bias: list[Tensor]) -> None:
    """Multiply by weights [out, in]."""
    zeros = layouts.lite.constant(np.zeros(len(weights), np.float32))
    inputs = [layouts.get(node.input[0]), layouts.lite.constant(weights), *(bias or [zeros])]
    made = layouts.output(node)
    options = {"keepNumDims": len(made.shape) != 2}
    layouts.lite.add("FULLY_CONNECTED", inputs, made, of="FullyConnectedOptions", **options)


REDUCING = {"ReduceMean": "MEAN", "ReduceMax": "REDUCE_MAX", "ReduceSum": "SUM"}


def reduction(layouts: Layouts, node: NodeProto) -> None:
    """Translate a mean, maximum or sum over axes."""
    given, last = attributes(node), layouts.are_last(node)
    rank = len(layouts.kinds[node.input[0]].shape)
    axes = layouts.known(node, 1) if len(node.input) > 1 else range(rank)
    chosen = sorted(int(axis) % rank for axis in axes)
    keep = bool(given.get("keepdims", 1))
    last = last and (keep or chosen == [2, 3])
    places = [TO_LAST.index(axis) for axis in chosen] if last else chosen
    source, made = layouts.get(node.input[0], last=last), layouts.output(node, last=last and keep)
    inputs, code = [source, layouts.ints(*places)], REDUCING[node.op_type]
    layouts.lite.add(code, inputs, made, of="ReducerOptions", keepDims=keep)


def global_average(layouts: Layouts, node: NodeProto) -> None:
    """Average all pixels of a channel."""
    source, made = layouts.get(node.input[0], last=True), layouts.output(node, last=True)
    layouts.lite.add("MEAN", [source, layouts.ints(1, 2)], made, of="ReducerOptions", keepDims=True)


def softmax(layouts: Layouts, node: NodeProto) -> None:
    """Translate softmax, or its logarithm, along the last axis."""
    _require_last(layouts, node, attributes(node).get("axis", -1))
    source, made = layouts.get(node.input[0]), layouts.output(node)
    if node.op_type == "LogSoftmax":
        layouts.lite.add("LOG_SOFTMAX", [source], made, of="LogSoftmaxOptions")
    else:
        layouts.lite.add("SOFTMAX", [source], made, of="SoftmaxOptions", beta=1.0)


def top(layouts: Layouts, node: NodeProto) -> None:
    """Translate TopK: the highest values along the last axis, and where they are."""
    given = attributes(node)
    _require_last(layouts, node, given.get("axis", -1))
    if not given.get("largest", 1):
        raise UnsupportedError("TopK of the lowest values")
    count = layouts.lite.constant(np.array(int(layouts.known(node, 1).item()), np.int32))
    values = layouts.output(node)
    places = layouts.lite.variable(values.shape, "int32")
    layouts.lite.add("TOPK_V2", [layouts.get(node.input[0]), count], values, places)


def layer_norm(layouts: Layouts, node: NodeProto) -> None:
    """Translate layer normalisation along the last axis: (x - mean) / sqrt(variance + epsilon)."""
    given = attributes(node)
    _require_last(layouts, node, given.get("axis", -1))
    source, axis = layouts.get(node.input[0]), layouts.ints(-1)
    narrow, mean = (*source.shape[:-1], 1), {"of": "ReducerOptions", "keepDims": True}
    middle = layouts.step("MEAN", [source, axis], narrow, **mean)
    squares = layouts.step("SQUARED_DIFFERENCE", [source, middle], source.shape)
    variance = layouts.step("MEAN", [squares, axis], narrow, **mean)
    least = layouts.scalar(given.get("epsilon", 1e-5))
    above = layouts.step("ADD", [variance, least], narrow, of="AddOptions")
    factor = layouts.step("RSQRT", [above], narrow)
    centred = layouts.step("SUB", [source, middle], source.shape, of="SubOptions")
    scaled = layouts.step("MUL", [centred, factor], source.shape, of="MulOptions")
    weights, *bias = (layouts.get(name) for name in node.input[1:] if name)
    shift = bias[0] if bias else layouts.scalar(0.0)
    weighted = layouts.step("MUL", [scaled, weights], source.shape, of="MulOptions")
    layouts.lite.add("ADD", [weighted, shift], layouts.output(node), of="AddOptions")


def _require_last(layouts: Layouts, node: NodeProto, axis: int) -> None:
    rank = len(layouts.kinds[node.input[0]].shape)
    if axis % rank != rank - 1:
        raise UnsupportedError(f"{node.op_type} along another axis than the last")
