import json
import re
from pathlib import Path

import pytest
from toys import CARD, INTERFACE

from stages.artifacts import agreement
from stages.artifacts.splits import Meta
from stages.errors import UserError


def meta(**changed: object) -> Meta:
    return Meta(interface=INTERFACE.model_copy(update=changed), counts={}, excluded={})


@pytest.fixture(autouse=True)
def stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let params.yaml say what splits and classifier were made with."""
    monkeypatch.chdir(tmp_path)
    state()


def state(**changes: dict[str, object]) -> None:
    """Write params.yaml."""
    made = {
        "preprocess": {
            "image_size": [INTERFACE.height, INTERFACE.width],
            "channels": INTERFACE.channels,
            "resize": INTERFACE.resize,
            "interpolation": INTERFACE.interpolation,
        },
        "train": {**CARD.network.model_dump(mode="json"), **CARD.training, "resume": True},
    }
    text = {name: values | changes.get(name, {}) for name, values in made.items()}
    Path("params.yaml").write_text(json.dumps(text), "utf-8")


@pytest.mark.parametrize(
    ("stage", "key", "value", "made"),
    [
        ("preprocess", "image_size", [16, 16], "data/splits: was made with"),
        ("preprocess", "channels", 3, "data/splits: was made with"),
        ("preprocess", "resize", "pad", "data/splits: was made with"),
        ("preprocess", "interpolation", "box", "data/splits: was made with"),
        ("train", "lr", 0.1, "models/classifier.safetensors: was made with"),
        ("train", "filters", [2, 4], "models/classifier.safetensors: was made with"),
        ("train", "network", "mlp", "models/classifier.safetensors: was made with"),
    ],
)
def test_what_was_made_with_other_parameters_is_refused(
    stage: str, key: str, value: object, made: str
) -> None:
    state(**{stage: {key: value}})
    told = re.escape(value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(
        UserError,
        match=rf"^{made} {stage}\.{key} .*, params\.yaml says {told}; run `dvc repro {stage}`$",
    ):
        agreement.check(meta(), CARD)


def test_the_splits_alone_are_held_against_their_own_section() -> None:
    state(train={"lr": 0.1})
    agreement.check(meta())


def test_equal_numbers_and_what_does_not_change_the_result_are_no_difference() -> None:
    state(train={"dropout": 0, "resume": False})
    agreement.check(meta(), CARD)


def test_an_address_is_compared_without_its_secrets() -> None:
    state(train={"weights": "https://me:secret@host/a.pth?token=x"})
    known = CARD.model_copy(update={"training": {"weights": "https://host/a.pth"}})
    agreement.check(meta(), known)


def test_a_classifier_of_the_same_images_goes_with_them() -> None:
    agreement.check(meta(), CARD)


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
        agreement._require_same_images(CARD, meta(**changed))
    assert str(caught.value) == (
        f"data/splits: is of {here}, but models/classifier.safetensors was trained on {there}; "
        "run `dvc repro train`"
    )
