import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from test_lr_range import PARAMS
from toys import split, store

from stages.errors import UserError
from tools import find_lr
from tools.find_lr import Point


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"train: {PARAMS.model_dump_json()}")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["find_lr", *arguments])
    find_lr.main()


def test_it_writes_a_table_and_a_curve_and_suggests_a_rate(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store({"train": split(24)})
    before = {path for path in workspace.rglob("*") if path.is_file()}
    run(monkeypatch, "--low", "1e-5", "--high", "10", "--steps", "60")
    table = pd.read_csv("runs/find_lr.csv")
    assert tuple(table) == Point._fields
    assert table.lr.iloc[0] == 1e-5
    assert table.lr.is_monotonic_increasing
    with Image.open("runs/find_lr.png") as picture:
        picture.load()
    suggested = float(capsys.readouterr().out.split("train.lr ")[1].split(";")[0])
    assert 1e-5 < suggested < 10
    written = {path for path in workspace.rglob("*") if path.is_file()} - before
    assert {path.name for path in written} == {"find_lr.csv", "find_lr.png"}


def test_the_table_is_there_when_nothing_can_be_suggested(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store({"train": split(24)})
    with pytest.raises(UserError, match="does not fall"):
        run(monkeypatch, "--low", "1e15", "--high", "1e18", "--steps", "30")
    assert (workspace / "runs/find_lr.csv").exists()


@pytest.mark.usefixtures("workspace")
def test_the_stage_that_is_to_run_before_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="run `dvc repro preprocess`"):
        run(monkeypatch)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--low", "0"),
        ("--low", "-1"),
        ("--low", "nan"),
        ("--low", "1", "--high", "1"),
        ("--low", "2", "--high", "1"),
        ("--high", "inf"),
        ("--high", "nan"),
        ("--steps", "29"),
        ("--steps", "-5"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"--(low|steps) must be"):
        run(monkeypatch, *arguments)


@pytest.mark.parametrize("arguments", [("--steps", "many"), ("--unknown",)])
def test_arguments_that_do_not_parse_end_with_usage(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, *arguments)
    assert "usage: reprise find-lr" in capsys.readouterr().err
