import pytest
from pydantic import ValidationError
from shapes import shape
from toys import INTERFACE

from stages.errors import UserError
from stages.nets.interface import Interface, require


def test_json_gives_the_same_values_back() -> None:
    third = INTERFACE.model_copy(update={"mean": (1 / 3,), "std": (2 / 3,)})
    assert Interface.model_validate_json(third.model_dump_json()) == third


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("height", 0),
        ("width", -1),
        ("channels", 1.0),
        ("classes", "ab"),
        ("classes", (1, 2)),
        ("mean", 0.5),
        ("mean", (float("nan"),)),
        ("std", (float("inf"),)),
        ("colour", "grey"),
    ],
)
def test_a_wrong_value_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Interface.model_validate({**INTERFACE.model_dump(), key: value})


def test_images_of_the_least_size_are_let_through() -> None:
    require(shape(1, 16, 17), 16, "lenet")


@pytest.mark.parametrize(("height", "width"), [(15, 16), (16, 15), (1, 1)])
def test_images_with_a_side_too_small_are_refused_with_the_remedy(height: int, width: int) -> None:
    with pytest.raises(
        UserError,
        match=rf"^params\.yaml: train\.network lenet needs images of 16 x 16 pixels or more, "
        rf"preprocess\.image_size is \[{height}, {width}\]; enlarge it, or ",
    ):
        require(shape(1, height, width), 16, "lenet")


def test_a_side_that_nobody_has_is_not_written_out() -> None:
    with pytest.raises(UserError, match=r"needs images of 1,000,000 and more x 1,000,000 and"):
        require(shape(1, 8, 8), 2**900, "cnn")
