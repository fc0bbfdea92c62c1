from collections.abc import Callable

import pytest
import torch
from exports import DATA, PARAMS, Branching, warm
from torch import Tensor, nn

from stages.artifacts.portable import Figures
from stages.errors import UserError
from stages.exporting import making, onnx
from stages.exporting.attempt import Made, attempt
from stages.exporting.inference import Outputs
from stages.exporting.making import Making

SKIPPING = PARAMS.model_copy(update={"on_unsupported": "skip", "with_resizing": True})


class Singular(nn.Module):
    """Do what PyTorch can and ONNX cannot."""

    def forward(self, images: Tensor) -> Tensor:
        values = torch.linalg.svdvals(images[:, 0])
        return torch.stack([values.sum(1), images.mean((1, 2, 3))], 1)


def made(network: nn.Module | None = None, params: Making = PARAMS) -> dict[str, Made]:
    return {one.name: one for one in making.files(warm(network), DATA, params)}


def test_figures_are_those_of_an_exact_copy() -> None:
    one = made()["onnx"]
    assert one.file == "model.onnx"
    assert one.figures["agreement"] == 1.0
    assert one.figures["max_probability_difference"] == pytest.approx(0, abs=1e-6)
    assert one.figures["bytes"] == len(one.content)


def test_floats_as_input_agree_too() -> None:
    assert made(params=PARAMS.model_copy(update={"input": "float"}))["onnx"].content


def test_one_that_resizes_comes_last_and_takes_bytes() -> None:
    params = SKIPPING.model_copy(update={"input": "float"})
    files = made(params=params)
    assert list(files) == ["onnx", "onnx_any_size"]
    assert b'"input": "uint8"' in files["onnx_any_size"].content
    assert b'"input": "float"' in files["onnx"].content


def test_what_one_format_lacks_stops_no_other() -> None:
    files = made(Singular(), SKIPPING.model_copy(update={"formats": ("onnx", "pt2")}))
    assert "No ONNX function found" in str(files["onnx"].figures["unsupported"])
    assert not files["onnx"].content
    assert files["pt2"].figures["agreement"] == 1.0


def test_control_flow_is_reported_with_the_reason() -> None:
    files = made(Branching(), SKIPPING)
    reasons = {str(one.figures["unsupported"]) for one in files.values()}
    assert [reason[:33] for reason in reasons] == ["Could not guard on data-dependent"]


def test_without_skipping_the_stage_ends_with_the_remedy() -> None:
    with pytest.raises(UserError) as caught:
        made(Branching())
    assert str(caught.value).startswith(
        "params.yaml: export cannot make onnx of this network (Could"
    )
    assert str(caught.value).endswith("; leave it out, or set export.on_unsupported to skip")


def test_a_file_that_disagrees_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = onnx.predict

    def lie(*given: object) -> Outputs:
        logits, probabilities = honest(*given)  # type: ignore[arg-type]
        return Outputs(-logits, 1 - probabilities)

    monkeypatch.setattr(onnx, "predict", lie)
    with pytest.raises(UserError, match=r"export\.tolerance is 0\.0001, but onnx .* 0 \(0\.png\)"):
        made(params=SKIPPING)


def failing(error: Exception) -> Callable[[], tuple[bytes, Figures]]:
    def make() -> tuple[bytes, Figures]:
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("\n  first\nsecond"), "first"),
        (ValueError(""), "ValueError"),
        (ValueError("a" * 90 + " " + "b" * 150), "a" * 90 + " ..."),
    ],
)
def test_a_reason_is_one_short_line(error: Exception, reason: str) -> None:
    assert attempt(("f", "f.bin"), failing(error), SKIPPING).figures == {"unsupported": reason}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: 9 bytes")])
def test_too_little_memory_is_no_fault_of_the_format(error: Exception) -> None:
    with pytest.raises(type(error)):
        attempt(("f", "f.bin"), failing(error), SKIPPING)


def test_the_first_error_of_several_is_the_reason() -> None:
    error = RuntimeError("it failed")
    error.__cause__ = ValueError("because")
    found = attempt(("f", "f.bin"), failing(error), SKIPPING)
    assert found.figures == {"unsupported": "because"}


def test_more_images_to_calibrate_with_than_there_are_is_all() -> None:
    params = PARAMS.model_copy(update={"formats": ("int8",), "calibration": 1000})
    assert made(params=params)["int8"].content
