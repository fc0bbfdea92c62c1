import json
from io import BytesIO
from zipfile import ZipFile

import pytest
import torch
from exports import IMAGES, Branching, close, expected, job
from torch import Tensor, nn
from torch.autograd.function import Function, FunctionCtx

from stages.exporting import torchscript
from stages.exporting.torchscript import deprecated


class Twice(Function):
    """Keep something for the backward while computing."""

    @staticmethod
    def forward(ctx: FunctionCtx, inputs: Tensor) -> Tensor:
        ctx.save_for_backward(inputs)
        return inputs * 2


class Thrice(Function):
    """Keep something for the backward after computing."""

    @staticmethod
    def forward(inputs: Tensor) -> Tensor:
        return inputs * 3

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Tensor], output: Tensor) -> None: ...


class Own(nn.Module):
    """Use functions with a backward of their own."""

    def forward(self, images: Tensor) -> Tensor:
        means = images.mean((1, 2, 3))
        return torch.stack([Twice.apply(means), Thrice.apply(means)], 1)


@pytest.fixture(scope="module")
def model() -> bytes:
    return torchscript.convert(job())


def test_any_number_of_images_gives_the_outputs_of_the_classifier(model: bytes) -> None:
    close(torchscript.predict(model, IMAGES.split(3), 1), expected())


def test_the_description_is_inside(model: bytes) -> None:
    extra = {"reprise": ""}
    with deprecated():
        torch.jit.load(BytesIO(model), _extra_files=extra)
    assert json.loads(extra["reprise"])["classes"] == ["dark", "bright"]


def test_no_member_holds_paths_or_is_another_every_time(model: bytes) -> None:
    names = ZipFile(BytesIO(model)).namelist()
    assert not [name for name in names if name.endswith((".debug_pkl", "serialization_id"))]


def test_functions_with_a_backward_of_their_own_are_traced_into() -> None:
    apply = Function.__dict__["apply"]
    model = torchscript.convert(job(Own()))
    close(torchscript.predict(model, [IMAGES], 1), expected(network=Own()))
    assert Function.__dict__["apply"] is apply


def test_control_flow_is_refused_rather_than_frozen() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        torchscript.convert(job(Branching()))
