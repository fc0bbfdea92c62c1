import pytest
from toys import CARD, INTERFACE

from stages.artifacts import agreement
from stages.artifacts.splits import Meta
from stages.errors import UserError


def meta(**changed: object) -> Meta:
    return Meta(interface=INTERFACE.model_copy(update=changed), counts={}, excluded={})


def test_a_classifier_of_the_same_images_goes_with_them() -> None:
    agreement.check(CARD, meta())


@pytest.mark.parametrize(
    ("changed", "here", "there"),
    [
        ({"height": 8, "width": 8}, "height 8, width 8", "height 4, width 5"),
        ({"channels": 3}, "channels 3", "channels 1"),
        ({"resize": "pad"}, "resize pad", "resize crop"),
        ({"interpolation": "nearest"}, "interpolation nearest", "interpolation bilinear"),
        ({"mean": (0.4,)}, "mean (0.4,)", "mean (0.5,)"),
        ({"std": (0.3,)}, "std (0.3,)", "std (0.25,)"),
        ({"classes": ("a", "b", "c")}, "3 classes", "2 classes"),
        ({"classes": ("dark", "a\n\x1b[2J")}, r"class 1 a\n\x1b[2J", "class 1 bright"),
        ({"classes": ("bright", "dark")}, "class 0 bright", "class 0 dark"),
    ],
)
def test_one_of_other_images_is_refused(changed: dict[str, object], here: str, there: str) -> None:
    with pytest.raises(UserError) as caught:
        agreement.check(CARD, meta(**changed))
    assert str(caught.value) == (
        f"data/splits: is of {here}, but models/classifier.safetensors learned from {there}; "
        "run `dvc repro train`"
    )
