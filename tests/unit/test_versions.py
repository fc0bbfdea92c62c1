from importlib.metadata import version
from pathlib import Path

import pytest

from stages import versions


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(text: str) -> None:
    versions.PATH.write_text(text, "utf-8")


def test_what_is_installed_as_stated_is_no_mismatch() -> None:
    state(f'numpy: "{version("numpy")}"\n')
    assert versions.mismatches() == []


def test_another_version_and_an_absent_library_are_named_with_the_way_back() -> None:
    state('numpy: "1.0"\nno-such-library: "2.10"\n')
    *named, remedy = versions.mismatches()
    assert named == [
        f"numpy is {version('numpy')}, versions.yaml says 1.0",
        "no-such-library is none, versions.yaml says 2.10",
    ]
    assert "`reprise versions`" in remedy
    assert "`pip install numpy==1.0 no-such-library==2.10`" in remedy


def test_a_build_is_no_other_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda _: "2.15.0+cpu")
    state('torch: "2.15.0"\n')
    assert versions.mismatches() == []


@pytest.mark.parametrize("name", ["ai-edge-litert", "coremltools", "openvino", "timm"])
def test_an_extra_may_be_absent_but_not_another(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state(f'{name}: "1.0.31"\n')
    monkeypatch.setattr(versions, "of", lambda _: "none")
    assert versions.mismatches() == []
    monkeypatch.setattr(versions, "of", lambda _: "1.0.30")
    assert versions.mismatches()[0] == f"{name} is 1.0.30, versions.yaml says 1.0.31"


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "{"])
def test_what_states_nothing_hinders_nothing(text: str) -> None:
    state(text)
    assert versions.mismatches() == []


def test_without_the_file_nothing_is_stated() -> None:
    assert versions.stated() == {}
