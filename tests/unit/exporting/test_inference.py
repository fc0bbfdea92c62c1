import numpy as np
import pytest
import torch
from exports import IMAGES, PARAMS, RULE, close, expected, warm
from pydantic import ValidationError

from stages.exporting.description import Description
from stages.exporting.inference import Inference, Outputs, as_input

FLOATS = PARAMS.model_copy(update={"input": "float"})


def test_probabilities_are_those_of_divided_logits() -> None:
    logits, probabilities, *_ = Inference(warm(), PARAMS)(IMAGES)
    powers = np.exp(logits.detach().numpy() / 2.5)
    np.testing.assert_allclose(
        probabilities.detach().numpy(), powers / powers.sum(1, keepdims=True), rtol=1e-5
    )


@pytest.mark.parametrize("params", [PARAMS, FLOATS])
def test_either_input_gives_the_logits_of_the_classifier(params: Description) -> None:
    with torch.inference_mode():
        close(Outputs(*Inference(warm(), params, RULE)(as_input(IMAGES, params))), expected())


def test_floats_are_in_0_to_1() -> None:
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 3, 1)
    assert as_input(images, FLOATS).flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert as_input(images, PARAMS) is images


def test_it_is_in_evaluation_mode() -> None:
    source = warm()
    source.network.train()
    assert not Inference(source, PARAMS).training
    assert not source.network.training


@pytest.mark.parametrize("value", ["int8", None, 1])
def test_another_input_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="input"):
        Description.model_validate({"input": value, "license": "MIT", "version": "1"})
