"""Format ONNX: for ONNX Runtime and most other engines."""

from collections.abc import Iterable
from typing import cast

import torch
from jaxtyping import Float, UInt8
from onnx import ModelProto
from onnxruntime import InferenceSession, SessionOptions
from pydantic import Field
from torch import Tensor, nn

from stages.params import Params


class Onnx(Params):
    """Parameters of the ONNX format."""

    opset: int = Field(ge=18, le=23, description="ONNX operator set")


def convert(network: nn.Module, images: UInt8[Tensor, "b h w c"], params: Onnx) -> bytes:
    """Return a model from `images`, uint8 [B, H, W, C] of any B, to `logits`, float32 [B, K].

    The examples `images` give H, W and C; they must be two at least, for B to stay variable.
    """
    program = torch.onnx.export(
        network.eval(),
        (images,),
        dynamo=True,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=params.opset,
        verbose=False,
    )
    model = cast("torch.onnx.ONNXProgram", program).model_proto
    anonymize(model)
    return bytes(model.SerializeToString(deterministic=True))


def anonymize(model: ModelProto) -> None:
    """Drop the notes that hold this machine's paths and line numbers: same model, same bytes."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (model, graph, *graph.node, *values):
        del part.metadata_props[:]


def predict(
    model: bytes, batches: Iterable[UInt8[Tensor, "_ h w c"]], threads: int
) -> Float[Tensor, "n k"]:
    """Return the logits that ONNX Runtime computes on the CPU."""
    options = SessionOptions()
    options.intra_op_num_threads = threads
    session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return torch.cat(
        [torch.from_numpy(*session.run(None, {"images": images.numpy()})) for images in batches]
    )
