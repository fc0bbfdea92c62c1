import pytest
from exports import PARAMS, job
from pydantic import ValidationError

from stages.exporting.formats import Formats, known
from stages.exporting.snippets import PYTHON

GIVEN = PARAMS.part(Formats).model_dump()


def test_every_name_is_a_format() -> None:
    names = ("onnx", "torchscript", "pt2", "int8", "aoti", "openvino", "litert", "coreml")
    params = Formats.model_validate({**GIVEN, "formats": names})
    assert tuple(known(params)) == names


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("onnx", "model.onnx"),
        ("torchscript", "model.torchscript.pt"),
        ("pt2", "model.pt2"),
        ("int8", "model.int8.onnx"),
        ("litert", "model.tflite"),
    ],
)
def test_every_format_has_a_file_of_its_own(name: str, path: str) -> None:
    files = known(PARAMS)[name].convert(job())
    assert [*files] == [path]
    assert files[path]


def test_every_format_is_explained_in_the_model_card() -> None:
    assert known(PARAMS).keys() <= PYTHON.keys()


@pytest.mark.parametrize("formats", [(), ("tflite",), "onnx", None])
def test_other_formats_are_refused(formats: object) -> None:
    with pytest.raises(ValidationError, match="formats"):
        Formats.model_validate({**GIVEN, "formats": formats})


def test_a_format_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="formats names onnx and pt2 twice; once is enough"):
        Formats.model_validate({**GIVEN, "formats": ("pt2", "onnx", "pt2", "onnx", "int8")})


@pytest.mark.parametrize("key", ["on_unsupported", "with_resizing"])
def test_other_values_are_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        Formats.model_validate({**GIVEN, key: "perhaps"})
