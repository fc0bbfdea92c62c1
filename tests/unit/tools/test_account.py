import json
from pathlib import Path

import pandas as pd
import pytest
from scored_runs import run

from stages.artifacts import predictions
from tools.repeating import account
from tools.repeating.overall import Overall, other_splits, pooled, same_splits
from tools.repeating.overview import strip

RIGHT, HALF = run([0, 1], [0, 1]), run([0, 1], [0, 0])


def both() -> Overall:
    return same_splits("repeat", ("train.lr=0.01",), [RIGHT, HALF._replace(label="seed1")])


def test_the_text_by_hand() -> None:
    head, first, second, _, accuracy, _, loss, meaning = account.told(both())
    assert head.split() == ["run", "images", "accuracy", "macro_f1", "loss", "experiment"]
    assert first.split() == ["seed0", "2", "1.0000", "1.0000", "0.2500", "x-seed0"]
    assert second.split()[2:4] == ["0.5000", "0.3333"]
    # sd 0.353553, t of 1 degree of freedom 12.706: beyond all bounds
    assert accuracy == "accuracy  0.7500 ± 0.3536, 95 % interval of the mean 0.0000 to 1.0000"
    assert loss == "loss      0.2500 ± 0.0000, 95 % interval of the mean 0.2500 to 0.2500"
    assert "on these images of test" in meaning


def test_folds_say_that_they_overlap_and_what_they_are_together() -> None:
    found = other_splits("folds", (), [RIGHT, HALF])
    lines = [*account.told(found._replace(pooled=pooled(HALF.predictions)))]
    assert "corrected variance 1/2 + 0.5 (Nadeau & Bengio 2003)" in lines[-2]
    assert lines[-1].startswith("out of fold, all 2 images: accuracy 0.5000, 95 % interval 0.0945")


def test_files_are_the_same_twice(tmp_path: Path) -> None:
    found = other_splits("folds", (), [RIGHT, HALF])._replace(pooled=pooled(HALF.predictions))
    pages = [account.write(found, HALF.predictions, tmp_path / name) for name in "ab"]
    names = {path.name for path in pages[0].parent.iterdir()}
    assert names == {"folds.csv", "classes.csv", "report.html", "predictions.parquet"}
    for name in [f"folds/{name}" for name in names] + ["folds.json"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert predictions.read(tmp_path / "a/folds/predictions.parquet").paths == ["0.png", "1.png"]


def test_what_is_written_is_what_was_found(tmp_path: Path) -> None:
    account.write(both(), root=tmp_path)
    table = pd.read_csv(tmp_path / "repeat/runs.csv")
    assert table["accuracy"].tolist() == [1, 0.5]
    assert table["run"].tolist() == ["seed0", "seed1"]
    told = json.loads((tmp_path / "repeat.json").read_text("utf-8"))
    assert told["accuracy"] == {"mean": 0.75, "sd": 0.353553, "low": 0, "high": 1}
    assert (told["runs"], told["settings"]) == (2, ["train.lr=0.01"])


@pytest.mark.parametrize("command", ["repeat", "folds"])
def test_files_of_the_user_stay(tmp_path: Path, command: str) -> None:
    (tmp_path / command).mkdir()
    (tmp_path / command / "predictions.parquet.dvc").write_text("mine", "utf-8")
    account.write(both()._replace(command=command), HALF.predictions, tmp_path)
    assert (tmp_path / command / "predictions.parquet.dvc").read_text("utf-8") == "mine"
    assert not [*tmp_path.rglob(".*")]


def test_a_command_killed_while_it_writes_leaves_no_scores_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.write(both(), root=tmp_path)
    monkeypatch.setattr(account, "render", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        account.write(both(), root=tmp_path)
    assert (tmp_path / "repeat/runs.csv").exists()
    assert not (tmp_path / "repeat.json").exists()


def test_no_name_acts_on_the_page(tmp_path: Path) -> None:
    names = ("<script>alert(1)</script>", "=1+1", "a\u202eb")
    runs = [
        one._replace(predictions=one.predictions._replace(classes=names)) for one in (RIGHT, HALF)
    ]
    found = same_splits("repeat", ("train.lr=<i>",), runs)
    page = account.write(found, root=tmp_path).read_text("utf-8")
    assert page.count("<script") == 1, "the one of the frame"
    assert "<i>" not in page
    assert "\u202e" not in page
    assert "http" not in page
    assert "'=1+1" in (tmp_path / "repeat/classes.csv").read_text("utf-8")


def test_a_chart_has_a_dot_a_run_a_mean_and_an_interval() -> None:
    dots, mean, ends = strip(both(), "accuracy").lines
    assert (dots.count("M"), dots.count("L")) == (2, 0)
    assert (mean.count("M"), ends.count("M")) == (1, 2)
    assert strip(both(), "loss").names == ["seed", "mean", "95 % interval"]


def test_a_chart_numbers_the_runs_as_they_are_called() -> None:
    runs = [RIGHT._replace(label="fold0of2"), HALF._replace(label="fold1of2")]
    chart = strip(other_splits("folds", (), runs), "accuracy")
    assert chart.labels[0] == "fold"
    assert [tick.text for tick in chart.ticks[0]] == ["0", "1"]


def test_the_baseline_is_told_where_all_runs_have_one(tmp_path: Path) -> None:
    runs = [RIGHT._replace(baseline=0.5), HALF._replace(baseline=0.25)]
    found = same_splits("repeat", (), runs)
    told = "accuracy of always answering the most frequent class of train: 0.3750"
    assert told in [*account.told(found)]
    page = account.write(found, root=tmp_path).read_text("utf-8")
    assert "0.3750 by always answering the most frequent class of train" in page
    assert "`" not in page
    assert not any("always answering" in line for line in account.told(both()))
