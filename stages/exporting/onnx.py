"""Format ONNX: for ONNX Runtime and most other engines."""

from collections.abc import Iterable
from functools import lru_cache
from typing import cast

import torch
from onnx import ModelProto
from onnxruntime import InferenceSession, SessionOptions
from pydantic import Field
from torch import Tensor

from reprise.metadata import KEY
from stages.exporting.inference import Job, Outputs, collect
from stages.params import Params

NAMES = list(Outputs._fields)
FATAL = 4  # the level of what ONNX Runtime prints: it raises every error, too


class Onnx(Params):
    """Parameters of the ONNX format."""

    opset: int = Field(ge=18, le=23, description="ONNX operator set")


@lru_cache(1)  # int8 is made from the same
def convert(job: Job, params: Onnx) -> bytes:
    """Return the network as ONNX."""
    program = torch.onnx.export(
        job.program,
        dynamo=True,
        input_names=["images"],
        output_names=NAMES,
        opset_version=params.opset,
        verbose=False,
    )
    return finished(cast("torch.onnx.ONNXProgram", program).model_proto, job.description)


def finished(model: ModelProto, description: str) -> bytes:
    """Serialize the model to the same bytes everywhere, with the description as its metadata."""
    anonymize(model)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    model.metadata_props.add(key=KEY, value=description)
    return bytes(model.SerializeToString(deterministic=True))


def anonymize(model: ModelProto) -> None:
    """Drop metadata with this machine's paths and line numbers, so that bytes are the same."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (model, graph, *graph.node, *values):
        del part.metadata_props[:]


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Run the model with ONNX Runtime on the CPU."""
    run = session(model, threads)
    found = (run.run(NAMES, {"images": images.numpy()}) for images in batches)
    return collect([torch.from_numpy(part) for part in parts] for parts in found)


def session(model: bytes, threads: int) -> InferenceSession:
    """Load a model for the CPU."""
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = FATAL
    return InferenceSession(model, options, providers=["CPUExecutionProvider"])
