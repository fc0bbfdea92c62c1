"""Format OpenVINO: for Intel's processors, graphics and NPUs; two files, graph and weights.

The description stands in the graph's `rt_info`, under the key `reprise`.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from onnx import ModelProto
from torch import Tensor

from reprise.metadata import KEY
from stages.artifacts.exported import Files
from stages.exporting import onnx
from stages.exporting.extras import installed
from stages.exporting.inference import Job, Outputs, collect
from stages.exporting.onnx import NAMES, Onnx

if TYPE_CHECKING:
    from openvino import Core, Model

GRAPH, WEIGHTS = "openvino/model.xml", "openvino/model.bin"


def convert(job: Job, params: Onnx) -> Files:
    """Return the graph and the weights, in fp32, of the network's ONNX."""
    runtime = core()
    source = ModelProto.FromString(onnx.convert(job, params))
    del source.metadata_props[:]  # it would copy them to a place of its own
    model = runtime.read_model(source.SerializeToString())
    _rename(model)
    model.set_rt_info(job.description, [KEY])
    return _written(model)


def core() -> "Core":
    """Return OpenVINO's runtime, without the package with which it tells its maker of every import.

    Raises:
        UnsupportedError: OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # not to be found
    with installed("openvino"):
        from openvino import Core  # noqa: PLC0415  # of an extra

    return Core()


def _rename(model: "Model") -> None:
    """Number the nodes, whose own names count what the process has loaded; keep input and outputs.

    Those are called by the names of their tensors.
    """
    for number, node in enumerate(model.get_ordered_ops()):
        name = f"node_{number}"
        if node.get_type_name() == "Parameter":
            name = node.output(0).get_any_name()
        node.set_friendly_name(name)


def _written(model: "Model") -> Files:
    from openvino import save_model  # noqa: PLC0415  # of an extra

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(GRAPH).name
        save_model(model, path, compress_to_fp16=False)
        return {GRAPH: path.read_bytes(), WEIGHTS: path.with_suffix(".bin").read_bytes()}


def predict(files: Files, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Run the model with OpenVINO on the CPU."""
    runtime = core()
    # Else a processor with bf16 computes in it.
    exact = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    run = runtime.compile_model(runtime.read_model(files[GRAPH], files[WEIGHTS]), "CPU", exact)
    found = (run({"images": images.numpy()}) for images in batches)
    return collect([torch.from_numpy(parts[name].copy()) for name in NAMES] for parts in found)
