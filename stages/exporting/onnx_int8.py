"""Format int8: ONNX with weights of 8 bits, a quarter of the bytes."""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from pydantic import Field
from torch import Tensor

from stages.exporting import onnx
from stages.exporting.inference import Job, quiet
from stages.exporting.onnx import Onnx

BATCH = 64  # images at once when calibrating
# The quantizer's own list is a set, whose order differs from process to process.
WEIGHTED = ["Conv", "Gemm", "MatMul"]
PASSING = ["MaxPool", "Relu", "Reshape", "Flatten", "Transpose", "Add", "Mul", "GlobalAveragePool"]


class Int8(Onnx):
    """Parameters of quantization."""

    calibration: int = Field(
        ge=1, le=10**6, description="images of train that set the ranges of int8"
    )


class Reader(CalibrationDataReader):  # type: ignore[misc]  # has no types
    """Calibration images in batches, with the interface that the quantizer asks for."""

    def __init__(self, images: Tensor) -> None:
        self._batches = iter(images.split(BATCH))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next batch, or None at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch.numpy()}


def convert(job: Job, params: Int8) -> bytes:
    """Quantize weights and activations to 8 bits.

    The ranges of activations are fixed, from images of train, in a network with convolutions
    (static quantization), and those of each batch in one of linear layers alone (dynamic).
    """
    with tempfile.TemporaryDirectory() as folder, quiet():
        plain, made = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(_activated_first(ModelProto.FromString(onnx.convert(job, params))), plain)
        if any(node.op_type == "Conv" for node in _read(plain).graph.node):
            quantize_static(plain, made, Reader(job.images), **_options(_read(plain)))
        else:
            quantize_dynamic(plain, made, ["MatMul", "Gemm"], per_channel=True)
        return onnx.finished(_read(made), job.description)


def _activated_first(model: ModelProto) -> ModelProto:
    """Swap each max pooling with the ReLU behind it: same numbers, and both are quantized.

    The ReLU is fused with the convolution, and max pooling keeps the range of its input.
    """
    readers = Counter(name for node in model.graph.node for name in node.input)
    sources = {node.output[0]: node for node in model.graph.node}
    for relu in (node for node in model.graph.node if node.op_type == "Relu"):
        pool = sources.get(relu.input[0])
        if pool is not None and pool.op_type == "MaxPool" and readers[pool.output[0]] == 1:
            pool.op_type, relu.op_type = relu.op_type, pool.op_type
            relu.attribute.extend(pool.attribute)
            del pool.attribute[:]
    del model.graph.value_info[:]  # the shapes between the two have changed
    return model


def _options(model: ModelProto) -> dict[str, object]:
    return {
        "per_channel": True,
        # If signed, ONNX Runtime computes half of a residual network's convolutions in floats.
        "activation_type": QuantType.QUInt8,
        "reduce_range": True,  # 7 bits: with 8, processors without VNNI overflow silently
        "op_types_to_quantize": [*WEIGHTED, *PASSING],
        "nodes_to_quantize": _quantized(model),
        "extra_options": {"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
    }


def _quantized(model: ModelProto) -> list[str]:
    """Return the names of the nodes with weights, and of those whose inputs are all quantized.

    The latter need no conversion to floats and back. A node that also reads a float, as of the
    normalisation or a smooth activation, would lose precision and gain nothing.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    names, quantized = list[str](), set[str]()
    for node in model.graph.node:
        given = [name for name in node.input if name not in weights]
        if node.op_type in WEIGHTED or (node.op_type in PASSING and quantized.issuperset(given)):
            names.append(node.name)
            quantized.update(node.output)
    return names


def _read(path: Path) -> ModelProto:
    model: ModelProto = ModelProto.FromString(path.read_bytes())
    return model
