import json
from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import report
from stages.artifacts.report import (
    Bar,
    Bin,
    Cell,
    ClassScores,
    RecallPoint,
    Report,
    RiskPoint,
    RocPoint,
    Tables,
)
from stages.errors import UserError

TABLES = Tables(
    confusion=[Cell("a", "a", 3, 0.75), Cell("a", 'b, "c"', 1, 0.25), Cell("d", "d", 0, None)],
    classes=[ClassScores("a", 4, 3, 1.0, 0.75, 6 / 7), ClassScores("d", 0, 0, None, None, None)],
    roc=[RocPoint("a", 0.0, 1.0)],
    precision_recall=[RecallPoint("a", 0.5, 1.0)],
    reliability=[Bin(0.6, 2 / 3, 4, 0.65, 0.75)],
    confidence=[Bar(0.65, 3, 1)],
    risk_coverage=[RiskPoint(0.25, 0.0, 0.9), RiskPoint(1.0, 0.25, 0.5)],
)
PICTURE = "<svg>猫</svg>\n"
REPORT = Report({"loss": 1 / 3, "accuracy": 0.75, "kappa": None}, TABLES, {"a.svg": PICTURE})
NAMES = [*(f"{name}.csv" for name in Tables._fields), "a.svg"]


def test_scores_are_json_and_an_undefined_one_is_null(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    scores = json.loads((tmp_path / report.SCORES).read_text())
    assert scores == {"accuracy": 0.75, "loss": 0.333333, "more": [{"kappa": None}]}
    assert report.read_scores(tmp_path) == {"accuracy": 0.75, "loss": 0.333333, "kappa": None}


def test_scores_of_an_older_version_are_read(tmp_path: Path) -> None:
    (tmp_path / report.SCORES).parent.mkdir(parents=True)
    (tmp_path / report.SCORES).write_text('{"accuracy": 0.5, "kappa": 0.25}')
    assert report.read_scores(tmp_path) == {"accuracy": 0.5, "kappa": 0.25}


@pytest.mark.parametrize("text", ["", "[]", '{"more": 1}', '{"more": [1]}', "{"])
def test_scores_that_are_none_are_said(tmp_path: Path, text: str) -> None:
    (tmp_path / report.SCORES).parent.mkdir(parents=True)
    (tmp_path / report.SCORES).write_text(text)
    with pytest.raises(UserError, match=r"metrics/evaluate.json: cannot be read"):
        report.read_scores(tmp_path)


def test_pandas_reads_the_confusion_table(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    table = pd.read_csv(tmp_path / report.PLOTS / "confusion.csv")
    rows = list(table.itertuples(index=False, name=None))
    assert rows[:2] == [("a", "a", 3, 0.75), ("a", 'b, "c"', 1, 0.25)]
    assert table["share"].isna().tolist() == [False, False, True]
    assert list(table.columns) == ["actual", "predicted", "images", "share"]


def test_what_is_undefined_is_an_empty_cell(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    assert (tmp_path / report.PLOTS / "classes.csv").read_text() == (
        "name,images,predicted,precision,recall,f1\na,4,3,1,0.75,0.857143\nd,0,0,,,\n"
    )


def test_a_field_is_a_file_with_its_header_even_if_it_is_empty(tmp_path: Path) -> None:
    report.write(Report({}, Tables._make([[]] * len(Tables._fields)), {}), tmp_path)
    for name, header in report.HEADERS.items():
        written = (tmp_path / report.PLOTS / f"{name}.csv").read_text()
        assert written == ",".join(header) + "\n"


def test_pictures_keep_every_pixel(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    assert (tmp_path / report.PLOTS / "a.svg").read_text("utf-8") == PICTURE


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report.write(REPORT, tmp_path / name)
    for file in (report.SCORES, *(report.PLOTS / name for name in NAMES)):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_new_report_replaces_the_old(tmp_path: Path) -> None:
    report.write(REPORT, tmp_path)
    (tmp_path / report.PLOTS / "old.csv").touch()
    report.write(REPORT._replace(scores={"loss": 1.0}), tmp_path)
    assert json.loads((tmp_path / report.SCORES).read_text()) == {"loss": 1.0}
    assert sorted(path.name for path in (tmp_path / report.PLOTS).iterdir()) == sorted(NAMES)


def test_what_was_done_about_the_temperature_stands_beside_the_scores(tmp_path: Path) -> None:
    report.write(REPORT._replace(calibration="left at 1, because"), tmp_path)
    assert report.read_scores(tmp_path)["calibration"] == "left at 1, because"
    report.write(REPORT, tmp_path)
    assert "calibration" not in report.read_scores(tmp_path)
