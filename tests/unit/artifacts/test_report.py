import json
from pathlib import Path

import pandas as pd

from stages.artifacts import report
from stages.artifacts.report import Cell, Report

REPORT = Report({"loss": 1 / 3, "accuracy": 0.75}, [Cell("a", "a", 3), Cell("a", 'b, "c"', 1)])


def test_scores_are_json(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    scores = json.loads((tmp_path / report.SCORES).read_text())
    assert scores == {"accuracy": 0.75, "loss": 0.333333}


def test_pandas_reads_the_confusion_table(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    table = pd.read_csv(tmp_path / report.TABLES / "confusion.csv")
    rows = list(table.itertuples(index=False, name=None))
    assert rows == [("a", "a", 3), ("a", 'b, "c"', 1)]
    assert list(table.columns) == ["actual", "predicted", "images"]


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report.write(REPORT, tmp_path / name)
    for file in (report.SCORES, report.TABLES / "confusion.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_new_report_replaces_the_old(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    (tmp_path / report.TABLES / "old.csv").touch()
    report.write(Report({"loss": 1.0}, []), tmp_path)
    assert json.loads((tmp_path / report.SCORES).read_text()) == {"loss": 1.0}
    assert [path.name for path in (tmp_path / report.TABLES).iterdir()] == ["confusion.csv"]
