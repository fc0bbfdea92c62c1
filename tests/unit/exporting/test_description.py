import json

import pytest
from exports import PARAMS, WARM
from pydantic import ValidationError

from reprise.metadata import parse
from stages.exporting.description import Description, describe

GIVEN = {"input": "float", "license": "CC BY 4.0", "version": "3"}


def test_all_that_a_reader_needs_is_in_it() -> None:
    assert json.loads(describe(WARM, Description.model_validate(GIVEN))) == {
        "classes": ["dark", "bright"],
        "height": 4,
        "width": 5,
        "channels": 1,
        "resize": "crop",
        "interpolation": "bilinear",
        "temperature": 2.5,
        **GIVEN,
    }


def test_the_predictor_reads_it() -> None:
    card = parse(describe(WARM, PARAMS))
    assert (card.classes, card.spec.width, card.license) == (("dark", "bright"), 5, "MIT")


@pytest.mark.parametrize("key", ["license", "version"])
@pytest.mark.parametrize("value", ["", 1.0, None])
def test_no_licence_and_no_version_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Description.model_validate({**GIVEN, key: value})
