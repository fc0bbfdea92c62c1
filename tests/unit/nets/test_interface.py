import pytest
from pydantic import ValidationError
from toys import INTERFACE

from stages.nets.interface import Interface


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
