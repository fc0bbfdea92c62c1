import json
from io import BytesIO
from pathlib import Path

import pytest
import torch
from exports import IMAGES, Branching, close, expected, job

from stages.exporting import torch_export


@pytest.fixture(scope="module")
def model() -> bytes:
    return torch_export.convert(job())


def test_any_number_of_images_gives_the_outputs_of_the_classifier(model: bytes) -> None:
    close(torch_export.predict(model, IMAGES.split(3), 1), expected())


def test_the_description_is_inside(model: bytes) -> None:
    extra = {"reprise": ""}
    torch.export.load(BytesIO(model), extra_files=extra)
    assert json.loads(extra["reprise"])["temperature"] == 2.5


def test_the_same_network_is_the_same_bytes_without_paths(model: bytes) -> None:
    assert torch_export.convert(job()) == model
    assert str(Path.cwd()).encode() not in model
    assert b"site-packages" not in model


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        torch_export.convert(job(Branching()))
