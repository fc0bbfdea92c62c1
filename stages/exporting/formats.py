"""Which formats there are, and what becomes of one that cannot express the network."""

from typing import Literal

from pydantic import Field, model_validator

from stages.exporting import aoti, onnx, onnx_int8, torch_export, torchscript
from stages.exporting.description import Description
from stages.exporting.inference import Format
from stages.exporting.onnx_int8 import Int8

FormatName = Literal["onnx", "torchscript", "pt2", "int8", "aoti"]


class Formats(Description, Int8):
    """Parameters of the files."""

    formats: tuple[FormatName, ...] = Field(
        min_length=1,
        max_length=5,
        description="what is written; pt2 is torch.export, aoti compiled by it",
    )
    on_unsupported: Literal["skip", "fail"] = Field(
        description="on a format that fails or is too far off: write the others and say so, or stop"
    )
    with_resizing: bool = Field(
        description="write a second ONNX too, which resizes images of any size itself"
    )

    @model_validator(mode="after")
    def _once_each(self) -> "Formats":
        if twice := sorted({name for name in self.formats if self.formats.count(name) > 1}):
            raise ValueError(f"formats names {' and '.join(twice)} twice; once is enough")
        return self


def known(params: Int8) -> dict[str, Format]:
    """Return every format."""
    return {
        "onnx": Format("model.onnx", lambda job: onnx.convert(job, params), onnx.predict),
        "torchscript": Format("model.torchscript.pt", torchscript.convert, torchscript.predict),
        "pt2": Format("model.pt2", torch_export.convert, torch_export.predict),
        "int8": Format("model.int8.onnx", lambda job: onnx_int8.convert(job, params), onnx.predict),
        "aoti": Format("model.aoti.pt2", aoti.convert, aoti.predict),
    }
