import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from stages import versions
from tools import pin_versions

GRAPH = """
stages:
  train: {params: [train, versions.yaml: [numpy, torch]]}
  export: {params: [export, versions.yaml: [numpy]]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pin_versions"])
    pin_versions.GRAPH.write_text(GRAPH, "utf-8")


def test_it_states_what_is_installed_and_says_what_runs_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    versions.PATH.write_text(f'torch: "2.0"\nnumpy: "{version("numpy")}"\n', "utf-8")
    torch = version("torch").partition("+")[0]
    pin_versions.main()
    assert capsys.readouterr().out == f"torch 2.0 -> {torch}: train will run again\n"
    assert versions.stated() == {"numpy": version("numpy"), "torch": torch}
    pin_versions.main()
    assert capsys.readouterr().out == "versions.yaml states what is installed; nothing changed\n"


def test_an_extra_that_is_not_installed_keeps_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "EXTRAS", {"surely-not-installed"})
    versions.PATH.write_text('numpy: "1.0"\nsurely-not-installed: "2.0"\nother: "3.0"\n', "utf-8")
    pin_versions.pin()
    told = {"numpy": version("numpy"), "surely-not-installed": "2.0", "other": "none"}
    assert versions.stated() == told


def test_a_version_stays_text() -> None:
    versions.PATH.write_text("pillow: 13.0\n", "utf-8")
    pin_versions.pin()
    assert f'pillow: "{version("pillow")}"' in versions.PATH.read_text("utf-8")
