import sys
from importlib import import_module
from importlib.util import find_spec

import pytest
import torch
from exports import DATA, PARAMS, job, warm

from stages.errors import UserError
from stages.exporting import conversion, coreml
from stages.exporting.extras import installed
from stages.exporting.formats import known
from stages.exporting.inference import UnsupportedError
from stages.exporting.model_card import summary
from stages.world import World

EXTRAS = {"openvino": "openvino", "litert": "ai_edge_litert", "coreml": "coremltools"}


def made(*formats: str, on_unsupported: str = "skip") -> dict[str, conversion.Made]:
    params = PARAMS.model_copy(update={"formats": formats, "on_unsupported": on_unsupported})
    here = World(torch.device("cpu"))
    return {one.name: one for one in conversion.convert_all(warm(), DATA, params, here)}


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the packages of all extras."""
    for name in [*sys.modules]:
        if name.partition(".")[0] in EXTRAS.values():
            monkeypatch.delitem(sys.modules, name)
    for name in EXTRAS.values():
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("extra", EXTRAS)
def test_a_package_that_is_not_installed_is_named_with_its_extra(extra: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        known(PARAMS)[extra].convert(job())
    assert str(raised.value) == (
        f"the package {EXTRAS[extra]} is not installed; `make install EXTRAS={extra}`, or "
        f"`pip install -c constraints.txt -e '.[{extra}]'`, installs it"
    )


@pytest.mark.usefixtures("hidden")
def test_their_formats_are_skipped_with_the_reason_or_stop_the_stage() -> None:
    found = made("pt2", *EXTRAS)
    assert found["pt2"].files
    assert not any(found[extra].files for extra in EXTRAS)
    assert str(found["litert"].figures["unsupported"]).startswith("the package ai_edge_litert is ")
    with pytest.raises(UserError, match=r"pip install.*set export.on_unsupported to skip"):
        made("pt2", "coreml", on_unsupported="fail")


def test_other_errors_are_no_missing_package() -> None:
    with pytest.raises(ZeroDivisionError), installed("litert"):
        _ = 1 / 0
    with pytest.raises(UnsupportedError, match="the package no_such is not"), installed("litert"):
        import_module("no_such")


@pytest.mark.skipif(not all(map(find_spec, EXTRAS.values())), reason="an extra is absent")
def test_all_of_them_agree_and_what_cannot_run_here_says_so() -> None:
    found = made(*EXTRAS, on_unsupported="fail")
    for name in ("openvino", "litert"):
        assert found[name].figures["agreement"] == 1
        assert found[name].figures["max_probability_difference"] == 1e-5
    figures = found["coreml"].figures
    assert figures == {
        "untried": coreml.UNTRIED,
        "bytes": sum(map(len, found["coreml"].files.values())),
    }
    assert summary(figures).startswith("not run: Core ML runs on macOS alone; ")
