import pytest
from exports import PARAMS
from pydantic import ValidationError

from stages.exporting.formats import Formats, known

GIVEN = PARAMS.part(Formats).model_dump()


def test_every_name_is_a_format_with_a_file_of_its_own() -> None:
    names = ("onnx", "torchscript", "pt2", "int8", "aoti")
    params = Formats.model_validate({**GIVEN, "formats": names})
    assert tuple(known(params)) == names
    assert len({form.file for form in known(params).values()}) == len(names)


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
