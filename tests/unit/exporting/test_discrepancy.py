import numpy as np
import pytest
from exports import IMAGES, PARAMS, job
from onnx import ModelProto
from toys import INTERFACE

from stages.exporting import onnx
from stages.exporting.onnx_resize import discrepancy, resizing


def test_the_same_filters_hardly_differ() -> None:
    core = onnx.convert(job(), PARAMS)
    figures = discrepancy(resizing(INTERFACE, core), core, IMAGES.numpy(), INTERFACE)
    assert figures["images"] == 10
    assert figures["max_pixel_difference"] <= 1
    assert figures["mean_pixel_difference"] < 0.1
    assert figures["max_probability_difference"] < 0.01


def test_another_filter_shows() -> None:
    core = onnx.convert(job(), PARAMS)
    nearest = INTERFACE.model_copy(update={"interpolation": "nearest"})
    figures = discrepancy(resizing(nearest, core), core, IMAGES.numpy(), INTERFACE)
    assert figures["max_pixel_difference"] > 5
    assert figures["mean_pixel_difference"] > 1


def test_of_many_images_some_are_looked_at() -> None:
    core = onnx.convert(job(), PARAMS)
    many = np.repeat(IMAGES.numpy(), 60, 0)
    assert discrepancy(resizing(INTERFACE, core), core, many, INTERFACE)["images"] == 500


@pytest.mark.parametrize("opset", [18, 23])
def test_the_resizing_is_of_the_version_of_its_model(opset: int) -> None:
    core = onnx.convert(job(), PARAMS.model_copy(update={"opset": opset}))
    before, behind = (ModelProto.FromString(part) for part in (resizing(INTERFACE, core), core))
    assert before.ir_version == behind.ir_version
    assert before.opset_import[0].version == opset
