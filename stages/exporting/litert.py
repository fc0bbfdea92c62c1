"""Format LiteRT (.tflite): for Android, iOS and small boards; one image at a time.

Its delegates for graphics and neural processors want shapes that are known. The description stands
among the metadata, under the key `reprise`; the signature names inputs and outputs as ONNX does.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import torch
from onnx import ModelProto, NodeProto
from torch import Tensor

from reprise.metadata import KEY
from stages.exporting.extras import installed
from stages.exporting.inference import Job, Outputs, UnsupportedError, collect, quiet
from stages.exporting.lite import elementwise, reductions, shaping, windows
from stages.exporting.lite.elementwise import SAME
from stages.exporting.lite.flatbuffer import SIGNATURE, Lite
from stages.exporting.lite.layouts import Layouts
from stages.exporting.lite.reductions import REDUCING
from stages.exporting.onnx import NAMES, Onnx

RULES: Mapping[str, Callable[[Layouts, NodeProto], None]] = {  # by ONNX's name of an operator
    **dict.fromkeys(SAME, elementwise.same),
    **dict.fromkeys(REDUCING, reductions.reduction),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), shaping.reshape),
    **dict.fromkeys(("MaxPool", "AveragePool"), windows.pooling),
    **dict.fromkeys(("Softmax", "LogSoftmax"), reductions.softmax),
    "BatchNormalization": windows.batch_norm,
    "Cast": elementwise.cast,
    "Clip": elementwise.clip,
    "Concat": shaping.concatenate,
    "Conv": windows.convolution,
    "Expand": shaping.expand,
    "Gather": shaping.gather,
    "Gelu": elementwise.gelu,
    "Gemm": reductions.linear,
    "GlobalAveragePool": reductions.global_average,
    "HardSigmoid": elementwise.hard_sigmoid,
    "Identity": elementwise.identity,
    "LayerNormalization": reductions.layer_norm,
    "LeakyRelu": elementwise.leaky_relu,
    "MatMul": reductions.product,
    "Pad": shaping.pad,
    "Slice": shaping.cut,
    "Split": shaping.split,
    "TopK": reductions.top,
    "Transpose": shaping.transpose,
}


def convert(job: Job, params: Onnx) -> bytes:
    """Return the network as LiteRT's operators, from ONNX's.

    Raises:
        UnsupportedError: LiteRT is not installed, or an operator has no translation.
    """
    lite = Lite()
    _ = job.program  # refuses control flow, of which a graph would keep one branch
    model = _graph(job, params)
    graph, layouts = model.graph, Layouts(model, lite)
    if unknown := sorted({node.op_type for node in graph.node} - RULES.keys()):
        raise UnsupportedError(f"no translation of ONNX's {', '.join(unknown)} to LiteRT")
    (images,) = (one.name for one in graph.input)
    taken = lite.variable(*layouts.kinds[images])
    layouts.put(images, taken)
    for node in graph.node:
        RULES[node.op_type](layouts, node)
    given = {name: layouts.get(name) for name in NAMES}
    return lite.finished({images: taken}, given, (KEY, job.description))


def _graph(job: Job, params: Onnx) -> ModelProto:
    """Return the network as ONNX for one image."""
    with torch.no_grad(), quiet():
        program = torch.export.export(job.network, (job.examples[:1],))
        made = torch.onnx.export(
            program,
            dynamo=True,
            input_names=["images"],
            output_names=NAMES,
            opset_version=params.opset,
            verbose=False,
        )
    return cast("torch.onnx.ONNXProgram", made).model_proto


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Run the model with LiteRT on the CPU, image by image."""
    with installed("litert"):
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  # of an extra

    run = Interpreter(model_content=model, num_threads=threads).get_signature_runner(SIGNATURE)
    found = (run(images=image[None].numpy()) for images in batches for image in images)
    return collect([torch.from_numpy(parts[name]) for name in NAMES] for parts in found)
