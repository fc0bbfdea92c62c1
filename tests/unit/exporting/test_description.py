import json

import pytest
import torch
from exports import DATA, PARAMS, RULE, WARM, warm
from pydantic import ValidationError

from reprise.metadata import parse
from reprise.spec import InputSpec
from stages.errors import UserError
from stages.exporting.conversion import convert_all
from stages.exporting.description import Description, describe, spec
from stages.world import World

GIVEN = {"input": "float", "license": "CC BY 4.0", "version": "3"}


def test_all_that_a_reader_needs_is_in_it() -> None:
    assert json.loads(describe(WARM, Description.model_validate(GIVEN), RULE)) == {
        "classes": ["dark", "bright"],
        "height": 4,
        "width": 5,
        "channels": 1,
        "resize": "crop",
        "interpolation": "bilinear",
        "temperature": 2.5,
        "rule": RULE._asdict(),
        **GIVEN,
    }


def test_the_predictor_reads_it() -> None:
    card = parse(describe(WARM, PARAMS, RULE))
    assert (card.classes, card.spec.width, card.license) == (("dark", "bright"), 5, "MIT")
    assert card.rule == RULE


@pytest.mark.parametrize("key", ["license", "version"])
@pytest.mark.parametrize("value", ["", 1.0, None])
def test_no_licence_and_no_version_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Description.model_validate({**GIVEN, key: value})


@pytest.mark.parametrize("channels", [1, 3])
def test_the_predictor_prepares_pictures_as_the_interface_says(channels: int) -> None:
    interface = WARM.interface.model_copy(update={"channels": channels})
    assert spec(interface) == InputSpec(4, 5, 1 if channels == 1 else 3, "crop", "bilinear")


@pytest.mark.parametrize("channels", [2, 4, 13])
def test_other_channels_than_pictures_have_are_refused(channels: int) -> None:
    update = {"channels": channels, "mean": (0.5,) * channels, "std": (0.25,) * channels}
    interface = WARM.interface.model_copy(update=update)
    source = warm()._replace(card=WARM.model_copy(update={"interface": interface}))
    params = PARAMS.model_copy(update={"on_unsupported": "skip"})
    with pytest.raises(
        UserError,
        match=f"takes images of {channels} channels, .* set preprocess.channels to 1 or 3, and",
    ):
        convert_all(source, DATA, params, World(torch.device("cpu")))
