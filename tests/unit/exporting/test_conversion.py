from collections.abc import Callable, Iterable
from errno import EMFILE, ENOSPC
from math import nan
from tempfile import gettempdir, gettempprefix

import pytest
import torch
from exports import DATA, PARAMS, Branching, copying, warm, weighing
from torch import Tensor, nn

from stages.artifacts.exported import Files
from stages.errors import UserError
from stages.exporting import conversion, onnx
from stages.exporting.conversion import Conversion, Made, convert_all
from stages.exporting.formats import Format
from stages.exporting.inference import Job, Outputs
from stages.world import World

SKIPPING = PARAMS.model_copy(update={"on_unsupported": "skip", "with_resizing": True})


class Singular(nn.Module):
    """Do what PyTorch can and ONNX cannot."""

    def forward(self, images: Tensor) -> Tensor:
        values = torch.linalg.svdvals(images[:, 0])
        return torch.stack([values.sum(1), images.mean((1, 2, 3))], 1)


class Knowing(nn.Module):
    """Tell bright images from dark ones, without a mistake."""

    def forward(self, images: Tensor) -> Tensor:
        means = images.mean((1, 2, 3))
        return torch.stack([-means, means], 1)


def made(network: nn.Module | None = None, params: Conversion = PARAMS) -> dict[str, Made]:
    return {
        one.name: one
        for one in convert_all(warm(network), DATA, params, World(torch.device("cpu")))
    }


def test_figures_are_those_of_an_exact_copy() -> None:
    one = made()["onnx"]
    assert [*one.files] == ["model.onnx"]
    assert one.figures["agreement"] == 1.0
    assert one.figures["max_probability_difference"] == 1e-5  # no more than rounding
    assert one.figures["bytes"] == len(one.files["model.onnx"])


def test_floats_as_input_agree_too() -> None:
    assert made(params=PARAMS.model_copy(update={"input": "float"}))["onnx"].files


def test_one_that_resizes_comes_last_and_takes_bytes() -> None:
    params = SKIPPING.model_copy(update={"input": "float"})
    files = made(params=params)
    assert list(files) == ["onnx", "onnx_any_size"]
    assert b'"input": "uint8"' in files["onnx_any_size"].files["model_any_size.onnx"]
    assert b'"input": "float"' in files["onnx"].files["model.onnx"]


def test_what_one_format_lacks_stops_no_other() -> None:
    files = made(Singular(), SKIPPING.model_copy(update={"formats": ("onnx", "pt2")}))
    assert "No ONNX function found" in str(files["onnx"].figures["unsupported"])
    assert not files["onnx"].files
    assert files["pt2"].figures["agreement"] == 1.0


def test_where_no_format_is_made_each_has_a_line_with_its_reason() -> None:
    with pytest.raises(UserError) as caught:
        made(Branching(), SKIPPING)
    lines = str(caught.value).splitlines()
    for name, line in zip(("onnx", "onnx_any_size"), lines, strict=True):
        assert line.startswith(
            f"params.yaml: export cannot make {name} of this network (Could not guard on data-dep"
        )
        assert line.endswith("); leave it out")


def test_without_skipping_the_others_are_tried_and_all_that_fail_are_named() -> None:
    params = PARAMS.model_copy(update={"formats": ("onnx", "pt2", "int8")})
    with pytest.raises(UserError) as caught:
        made(Singular(), params)
    lines = str(caught.value).splitlines()
    assert [line.split(" of this network")[0] for line in lines] == [
        f"params.yaml: export cannot make {name}" for name in ("onnx", "int8")
    ]
    assert all(
        line.endswith("; leave it out, or set export.on_unsupported to skip") for line in lines
    )


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ONNX Runtime say the opposite."""
    honest = onnx.predict

    def lie(*given: object) -> Outputs:
        logits, probabilities, *rest = honest(*given)  # type: ignore[arg-type]
        return Outputs(-logits, 1 - probabilities, *rest)

    monkeypatch.setattr(onnx, "predict", lie)


@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("last", ["onnx", "int8"])
def test_a_file_that_disagrees_is_left_out_with_its_figures(last: str) -> None:
    params = SKIPPING.model_copy(update={"formats": ("pt2", last), "int8_tolerance": 0.0})
    files = made(Knowing(), params)
    assert files["pt2"].files
    assert not files[last].files
    assert files[last].figures["agreement"] == 0.0
    refused = str(files[last].figures["refused"])
    assert refused.endswith(
        "10 of 10 test images: 0 (0.png), 1 (1.png), 2 (2.png), 3 (3.png), 4 (4.png), ..."
    )
    assert "bytes" not in files[last].figures


@pytest.mark.usefixtures("lying")
def test_a_file_that_disagrees_ends_the_stage_where_all_are_asked_for() -> None:
    with pytest.raises(
        UserError,
        match=r"^params.yaml: export\.tolerance is 0\.0001, but onnx .* 0 \(0\.png\).*; raise it",
    ):
        made(Knowing(), PARAMS.model_copy(update={"formats": ("onnx", "pt2")}))


def test_what_is_no_number_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = onnx.predict

    def broken(*given: object) -> Outputs:
        logits, probabilities, *rest = honest(*given)  # type: ignore[arg-type]
        return Outputs(logits * nan, probabilities * nan, *rest)

    monkeypatch.setattr(onnx, "predict", broken)
    params = SKIPPING.model_copy(update={"formats": ("pt2", "onnx", "int8"), "int8_tolerance": 1.0})
    files = made(Knowing(), params)
    for name in ("onnx", "int8"):
        assert "max_probability_difference" not in files[name].figures
        assert "10 of 10" in str(files[name].figures["refused"])


Chosen = Callable[..., dict[str, Made]]


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Chosen:
    """Return what converts to formats that the test makes up."""

    def run(on_unsupported: str = "skip", **formats: Format) -> dict[str, Made]:
        monkeypatch.setattr(conversion, "known", lambda _: formats)
        update = {"formats": tuple(formats), "on_unsupported": on_unsupported}
        return made(params=PARAMS.model_copy(update=update))

    return run


def failing(error: Exception) -> Format:
    def fail(_: Job) -> Files:
        raise error

    return Format(fail, copying)


def failing_late(error: Exception) -> Format:
    def fail(files: Files, batches: Iterable[Tensor], threads: int) -> Outputs:  # noqa: ARG001
        raise error

    return Format(weighing, fail)


GOOD = Format(weighing, copying)


def test_a_format_may_be_several_files_and_a_folder(chosen: Chosen) -> None:
    one = chosen(pair=GOOD)["pair"]
    assert [*one.files] == ["pair/card.json", "pair/weights/data.bin"]
    assert one.figures["agreement"] == 1.0
    assert one.figures["bytes"] == sum(map(len, one.files.values()))


@pytest.mark.parametrize("taken", ["pair/card.json", "README.md"])
def test_no_file_of_a_format_replaces_another(taken: str, chosen: Chosen) -> None:
    other = Format(lambda _: {taken: b"1", "own": b"2"}, lambda _, *given: copying(None, *given))
    found = chosen(pair=GOOD, other=other)
    assert found["pair"].files
    assert found["other"] == Made(
        "other", {}, {"unsupported": f"its file {taken} would replace another one of that name"}
    )


@pytest.mark.parametrize("form", [failing, failing_late])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("\n  first\nsecond"), "first"),
        (ValueError(""), "ValueError"),
        (ValueError("a" * 90 + " " + "b" * 150), "a" * 90 + " ..."),
        (
            OSError(f"no file {gettempdir()}/{gettempprefix()}ab_1/b/model.onnx"),
            "no file b/model.onnx",
        ),
    ],
)
def test_a_reason_is_one_short_line(
    form: Callable[[Exception], Format], error: Exception, reason: str, chosen: Chosen
) -> None:
    found = chosen(bad=form(error), good=GOOD)
    assert found["bad"] == Made("bad", {}, {"unsupported": reason})
    assert found["good"].files


@pytest.mark.parametrize("form", [failing, failing_late])
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't allocate memory: 9 bytes"),
        RuntimeError("can't start new thread"),
        OSError(EMFILE, "Too many open files"),
        OSError(ENOSPC, "No space left on device"),
    ],
)
def test_what_the_machine_lacks_is_no_fault_of_the_format(
    form: Callable[[Exception], Format], error: Exception, chosen: Chosen
) -> None:
    with pytest.raises(type(error)):
        chosen(bad=form(error), good=GOOD)


def test_what_was_made_is_kept_unless_all_was_asked_for(chosen: Chosen) -> None:
    bad = failing(ValueError("no"))
    assert chosen("skip", good=GOOD, bad=bad)["good"].files
    assert chosen("fail", good=GOOD)["good"].files
    cases: list[tuple[str, dict[str, Format]]] = [
        ("fail", {"good": GOOD, "bad": bad}),
        ("skip", {"bad": bad}),
        ("fail", {"bad": bad, "worse": bad}),
    ]
    for on_unsupported, formats in cases:
        with pytest.raises(UserError, match=r"make bad of this network \(no\); leave it out"):
            chosen(on_unsupported, **formats)


def test_the_first_error_of_several_is_the_reason(chosen: Chosen) -> None:
    error = RuntimeError("it failed")
    error.__cause__ = ValueError("because")
    found = chosen(bad=failing(error), good=GOOD)
    assert found["bad"].figures == {"unsupported": "because"}


def test_more_images_to_calibrate_with_than_there_are_is_all() -> None:
    params = PARAMS.model_copy(update={"formats": ("int8",), "calibration": 1000})
    assert made(params=params)["int8"].files
