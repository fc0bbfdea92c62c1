import numpy as np
import onnx as onnx_package
import pytest
import torch
from exports import IMAGES, close, expected, job
from onnx import ModelProto
from PIL import Image as Picture
from toys import INTERFACE, pixels

from reprise.resizing import fit
from stages.exporting import onnx
from stages.exporting.description import spec
from stages.exporting.inference import Outputs, UnsupportedError
from stages.exporting.onnx import Onnx
from stages.exporting.onnx_resize import prepend, resizing
from stages.nets.interface import Interface

COLOUR = INTERFACE.model_copy(update={"height": 12, "width": 10, "channels": 3})


@pytest.fixture(scope="module")
def core() -> bytes:
    return onnx.convert(job(), Onnx(opset=20))


def like(interface: Interface, **changes: object) -> Interface:
    return interface.model_copy(update=changes)


# Scales of two: what Pillow and ONNX Runtime reckon is the same there to the bit.
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(12, 10), (24, 20), (6, 5), (48, 10), (24, 60)])
def test_pixels_are_those_of_pillow(
    core: bytes, interpolation: str, resize: str, size: tuple[int, int]
) -> None:
    interface = like(COLOUR, interpolation=interpolation, resize=resize)
    original = pixels(1, *size)
    wanted = fit(Picture.fromarray(original), spec(interface))
    session = onnx.session(resizing(interface, core), 1)
    (found,) = session.run(None, {"images": original[None]})
    assert np.abs(found[0].astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("resize", ["crop", "pad"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (90, 1), (7, 8), (33, 17), (13, 12)])
def test_any_shape_is_cut_or_framed_as_pillow_does(
    core: bytes, resize: str, size: tuple[int, int]
) -> None:
    interface = like(COLOUR, resize=resize, interpolation="bilinear")
    original = pixels(2, *size)
    wanted = fit(Picture.fromarray(original), spec(interface))
    session = onnx.session(resizing(interface, core), 1)
    (found,) = session.run(None, {"images": original[None]})
    assert np.abs(found[0].astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("interpolation", ["box", "hamming", "lanczos"])
def test_a_filter_that_onnx_lacks_is_refused(core: bytes, interpolation: str) -> None:
    with pytest.raises(UnsupportedError, match=f"ONNX has no filter {interpolation}, only nearest"):
        resizing(like(INTERFACE, interpolation=interpolation), core)


def test_joined_it_predicts_what_the_model_behind_does(core: bytes) -> None:
    joined = prepend(resizing(INTERFACE, core), core, "about")
    onnx_package.checker.check_model(joined, full_check=True)
    close(onnx.predict(joined, IMAGES.split(3), 1), expected())
    original = pixels(3, 9, 11, 1)[None, ..., None]
    resized = fit(Picture.fromarray(original[0, ..., 0]), spec(INTERFACE))
    found = onnx.predict(joined, [torch.from_numpy(original)], 1)
    wanted = expected(torch.from_numpy(resized.copy())[None])
    torch.testing.assert_close(found.probabilities, wanted.probabilities, atol=0.01, rtol=0)


def test_joined_it_has_the_description(core: bytes) -> None:
    made = ModelProto.FromString(prepend(resizing(INTERFACE, core), core, "about"))
    assert [(one.key, one.value) for one in made.metadata_props] == [("reprise", "about")]
    assert isinstance(onnx.predict(made.SerializeToString(), [IMAGES], 1), Outputs)
