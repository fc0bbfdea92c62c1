import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import complete, large, study

from stages.artifacts.predictions import Predictions
from tools.searching import logbook
from tools.searching.contrast import Comparison, compared
from tools.searching.record import Found, SearchTrial

DEFAULT, BEST = complete(0, 0.5), complete(1, 0.9, lr=1e-6, layers="[64, 32]", opt=None)
WORSE = complete(2, 0.25, lr=0.125, layers="null", opt=True)
PRUNED = SearchTrial(3, "pruned", WORSE.settings, None, [0.1, 0.2, 0.3], "search-x-3")
FAILED = SearchTrial(4, "failed", WORSE.settings, None, [], "", "train.lr must be less\nthan 1")
FOUND = study([DEFAULT, BEST, WORSE, PRUNED, FAILED])


def comparison() -> Comparison:
    labels = np.zeros(8, dtype=np.int64)
    names = [f"{number}.png" for number in range(8)]
    wrong = Predictions(("a", "b"), names, labels, labels + 1, np.eye(2, dtype=np.float32)[labels])
    return compared(wrong, wrong._replace(predicted=labels))


def test_the_table_by_hand() -> None:
    lines = [*logbook.told(FOUND)]
    rows = [line.split() for line in lines[:7]]
    assert rows[0] == ["trial", "state", "score", "lr", "layers", "opt"]
    assert rows[1] == ["1", "best", "complete", "0.9000", "1e-06", "[64,", "32]", "null"]
    assert rows[2][:4] == ["0", "default", "complete", "0.5000"]
    assert rows[3] == ["2", "complete", "0.2500", "0.125", "null", "true"]
    assert rows[4][:4] == ["3", "pruned", "after", "3"]
    assert rows[5][:2] == ["4", "failed"]
    assert lines[6] == r"  failed, trial 4: train.lr must be less\nthan 1"
    assert "study digits, trials: 3 complete, 1 pruned, 1 failed" in lines[7]
    assert lines[8:12] == [
        "best: trial 1, val_accuracy 0.9000, experiment search-x-1",
        "  train.lr: 1e-06",
        "  train.layers: [64, 32]",
        "  train.opt: null",
    ]
    assert lines[12] == "default: trial 0, val_accuracy 0.5000, experiment search-x-0"


def test_of_a_loss_the_least_is_first() -> None:
    found = FOUND._replace(aim="val_loss", maximize=False, best=WORSE)
    rows = [line.split() for line in logbook.told(found)]
    assert rows[1][:2] == ["2", "best"]


@pytest.mark.parametrize(("parameters", "blocks"), [(1, 1), (5, 2), (12, 5)])
def test_no_row_is_wider_than_a_terminal(parameters: int, blocks: int) -> None:
    settings = {f"a_long_name_of_parameter_{number}": "x" * 40 for number in range(parameters)}
    trials = [complete(number, number / 1000, **settings) for number in range(1, 500)]
    table = [*logbook.told(study(trials))]
    end = next(index for index, line in enumerate(table) if line.startswith("\n"))
    assert max(map(len, table[:end])) <= 80
    assert table[end - 1] == f"... and {469 if blocks == 1 else 484} more"
    assert sum(line.count("a_long_name") for line in table[:end]) == parameters
    assert sum(line.startswith("trial") for line in table[:end]) == blocks


def test_the_most_important_parameters_come_first() -> None:
    found = FOUND._replace(importance={"train.opt": 0.75, "train.layers": 0.25})
    assert next(logbook.told(found)).split()[-3:] == ["opt", "layers", "lr"]


def test_parameters_of_one_last_name_have_all_of_it() -> None:
    settings = {"train.seed": 1, "preprocess.seed": 2, "train.lr": 0.5}
    found = study([DEFAULT, BEST._replace(settings=settings)])
    assert next(logbook.told(found)).split()[-3:] == ["train.seed", "preprocess.seed", "lr"]


def test_a_reason_is_told_once() -> None:
    failed = [FAILED._replace(number=number) for number in (4, 6)]
    lines = [*logbook.told(study([DEFAULT, BEST, *failed]))]
    assert [line for line in lines if "failed, trial" in line] == [
        r"  failed, trial 4, 6: train.lr must be less\nthan 1"
    ]


def test_the_verdict_and_its_warnings() -> None:
    # 8 of 8 differ: p = 2 / 2 ** 8
    said = "\n".join(logbook.told(FOUND, comparison()))
    assert "On test, the best is better than the default by more than chance" in said
    assert "p = 0.0078" in said
    assert "the best of 3 scores on the same images of val" in said
    assert "A is the default, B the best" in said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (study([]), "No trial is complete"),
        (study([FAILED]), "No trial is complete"),
        (study([BEST, WORSE]), "No trial had params.yaml as it is"),
        (study([DEFAULT, WORSE]), "the default is the best"),
        (study([DEFAULT, BEST]), "has no predictions"),
    ],
)
def test_where_nothing_can_be_compared_it_says_why(found: Found, said: str, tmp_path: Path) -> None:
    assert any(said in line for line in logbook.told(found))
    assert said in logbook.write(found, root=tmp_path).read_text("utf-8")


def test_files_are_the_same_twice_and_those_of_the_user_stay(tmp_path: Path) -> None:
    (tmp_path / "a/search").mkdir(parents=True)
    (tmp_path / "a/search/NOTES.md").touch()
    pages = [logbook.write(large(), comparison(), tmp_path / name) for name in "ab"]
    names = {path.name for path in pages[0].parent.iterdir()}
    assert names == {"trials.csv", "report.html", "NOTES.md"}
    names.remove("NOTES.md")
    for name in [f"search/{name}" for name in names] + ["search.json"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_what_is_written_is_what_was_found(tmp_path: Path) -> None:
    logbook.write(FOUND._replace(given={"train.lr": 0.5}), root=tmp_path)
    table = pd.read_csv(tmp_path / "search/trials.csv", keep_default_na=False)
    assert [*table.columns] == [
        *("number", "state", "score", "epochs", "experiment"),
        *("train.lr", "train.layers", "train.opt", "reason"),
    ]
    assert table["train.lr"].tolist() == [0.5, 1e-6, 0.125, 0.125, 0.125]
    assert table["train.opt"].tolist() == ["", "null", "true", "true", "true"]
    assert table["score"].tolist() == ["0.5", "0.9", "0.25", "", ""]
    assert table["epochs"].tolist() == [2, 2, 2, 3, 0]
    assert table["reason"].tolist()[-1] == r"train.lr must be less\nthan 1"
    assert json.loads((tmp_path / "search.json").read_text("utf-8")) == {
        "study": "digits",
        "trials": 5,
        "complete": 3,
        "pruned": 1,
        "failed": 1,
        "best_score": 0.9,
        "default_score": 0.5,
        "best": {"train.lr": 1e-6, "train.layers": "[64, 32]", "train.opt": None},
    }


def test_results_of_another_study_are_replaced_and_that_is_told(tmp_path: Path) -> None:
    assert not [*logbook.replaced(FOUND, tmp_path)]
    logbook.write(FOUND, root=tmp_path)
    assert not [*logbook.replaced(FOUND, tmp_path)]
    (line,) = logbook.replaced(FOUND._replace(name="other"), tmp_path)
    assert "search.json: was of digits, another study, and is replaced" in line
    assert "after `dvc exp apply digits-trial0`" in line


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\0"])
def test_a_file_that_is_no_result_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "search.json").write_text(text, "utf-8")
    assert not [*logbook.replaced(FOUND, tmp_path)]


def test_no_digit_of_a_parameter_is_lost(tmp_path: Path) -> None:
    exact = 1.2345678901234567e-07
    logbook.write(study([complete(1, 0.5, lr=exact)]), root=tmp_path)
    assert json.loads((tmp_path / "search.json").read_text("utf-8"))["best"]["train.lr"] == exact
    assert f",{exact}," in (tmp_path / "search/trials.csv").read_text("utf-8")


def test_no_name_acts(tmp_path: Path) -> None:
    bad = "</script><script>alert(1)</script>"
    trial = complete(1, 0.5, **{bad: "=1+1", "x": "a\u202e\x1b[31m<i>"})
    failed = FAILED._replace(reason=bad, settings={bad: "@SUM(A1)"})
    found = study([DEFAULT, trial, failed])._replace(
        name=bad, ranges={f"train.{bad}": bad}, given={f"train.{bad}": "<b>"}
    )
    page = logbook.write(found, root=tmp_path).read_text("utf-8")
    assert page.count("<script") == 1, "the one of the frame"
    assert not {"\u202e", "\x1b"} & {*page}
    assert "<i>" not in page
    assert "http" not in page
    assert "alert(1)" in page
    table = (tmp_path / "search/trials.csv").read_text("utf-8")
    assert "'=1+1" in table
    assert "'@SUM(A1)" in table
    assert "<script" not in table
    assert not {"\u202e", "\x1b"} & {*"".join(logbook.told(found))}
