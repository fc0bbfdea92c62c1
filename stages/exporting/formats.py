"""The formats to export to: which there are, and how each converts and predicts."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, get_args

from pydantic import Field, model_validator
from torch import Tensor

from stages.artifacts.exported import Files
from stages.exporting import (
    aoti,
    coreml,
    litert,
    onnx,
    onnx_int8,
    openvino,
    torch_export,
    torchscript,
)
from stages.exporting.description import Description
from stages.exporting.inference import Job, Outputs
from stages.exporting.onnx_int8 import Int8

FormatName = Literal["onnx", "torchscript", "pt2", "int8", "aoti", "openvino", "litert", "coreml"]


class Formats(Description, Int8):
    """Parameters of the formats."""

    formats: tuple[FormatName, ...] = Field(
        min_length=1,
        max_length=len(get_args(FormatName)),
        description="formats to write; pt2 is torch.export, aoti is AOTInductor; the "
        "last three need an extra of their name",
    )
    on_unsupported: Literal["skip", "fail"] = Field(
        description="where a format fails or its predictions differ: skip it and say so, or stop"
    )
    with_resizing: bool = Field(
        description="also write an ONNX model that resizes images of any size itself"
    )

    @model_validator(mode="after")
    def _once_each(self) -> "Formats":
        if twice := sorted({name for name in self.formats if self.formats.count(name) > 1}):
            raise ValueError(f"formats names {' and '.join(twice)} twice; once is enough")
        return self


class Format(NamedTuple):
    """A format: its conversion, and prediction with its files in its own runtime."""

    convert: Callable[[Job], Files]
    predict: Callable[[Files, Iterable[Tensor], int], Outputs] | None  # files, batches, CPU threads
    untried: str = ""  # why it does not predict here


def known(params: Int8) -> dict[str, Format]:
    """Return every format by its name."""
    return {
        "onnx": _single("model.onnx", lambda job: onnx.convert(job, params), onnx.predict),
        "torchscript": _single("model.torchscript.pt", torchscript.convert, torchscript.predict),
        "pt2": _single("model.pt2", torch_export.convert, torch_export.predict),
        "int8": _single(
            "model.int8.onnx", lambda job: onnx_int8.convert(job, params), onnx.predict
        ),
        "aoti": _single("model.aoti.pt2", aoti.convert, aoti.predict),
        "openvino": Format(lambda job: openvino.convert(job, params), openvino.predict),
        "litert": _single("model.tflite", lambda job: litert.convert(job, params), litert.predict),
        "coreml": Format(coreml.convert, None, coreml.UNTRIED),
    }


def _single(
    path: str,
    convert: Callable[[Job], bytes],
    predict: Callable[[bytes, Iterable[Tensor], int], Outputs],
) -> Format:
    """Return a format of a single file."""
    return Format(
        lambda job: {path: convert(job)},
        lambda files, batches, threads: predict(files[path], batches, threads),
    )
