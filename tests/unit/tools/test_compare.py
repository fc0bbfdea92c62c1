import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dvc.repo import Repo

from stages import errors
from stages.artifacts import predictions
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.compare import compare, main
from tools.comparing.fetching import fetch


def run(predicted: list[int], prefix: str = "test") -> Predictions:
    """Return a run over six images, three of each class; it is 0.75 sure."""
    said = np.array(predicted)
    probabilities = np.full((6, 2), 0.25)
    probabilities[np.arange(6), said] = 0.75
    paths = [f"{prefix}/{number}.png" for number in range(6)]
    return Predictions(("cat", "dog"), paths, np.arange(6) // 3, said, probabilities)


OLD = run([0, 0, 1, 1, 1, 1])
NEW = run([0, 0, 0, 0, 1, 1])


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository: tag `old` has predictions, HEAD has damaged ones, `none` has none."""
    root = tmp_path_factory.mktemp("repository")

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    Repo.init(str(root)).close()
    git("add", "-A")
    git("commit", "-qm", "none")
    git("tag", "none")
    predictions.write(OLD, root / predictions.PATH)
    git("add", "-A")
    git("commit", "-qm", "old")
    git("tag", "old")
    (root / predictions.PATH).write_bytes(b"PAR1")
    git("commit", "-qam", "damaged")
    predictions.write(NEW, root / predictions.PATH)
    return root


@pytest.fixture
def _here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)


@pytest.mark.usefixtures("_here")
def test_a_revision_and_the_workspace_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "changed.csv"
    monkeypatch.setattr(sys, "argv", ["compare", "old", "workspace", "--out", str(out)])
    main()
    printed = capsys.readouterr().out
    assert printed.startswith("A is old, B is workspace\n6 images in both, 0 only in A")
    assert "accuracy of A 0.8333, of B 0.8333; B - A +0.0000" in printed
    assert "only A is right 1 time, only B 1 time; p = 1 " in printed
    assert "  test/3.png  dog    dog (0.75)  cat (0.75)\n" in printed
    table = pd.read_csv(out)
    assert table["path"].tolist() == ["test/3.png", "test/2.png"]
    assert list(table.columns) == ["path", "label", "a", "b", "probability_a", "probability_b"]


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("nowhere", "nowhere: is neither a Git revision nor an experiment"),
        ("none", "none: its metrics/evaluate/predictions.parquet is neither here nor at a remote"),
        ("HEAD", "HEAD: metrics/evaluate/predictions.parquet: cannot be read"),
        ("", "a revision is missing; give two"),
    ],
)
def test_a_revision_without_predictions_is_refused(revision: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fetch(revision)


def test_a_workspace_without_predictions_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="is missing; run `dvc repro evaluate`"):
        fetch("workspace")


def test_outside_a_repository_no_revision_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="main: "):
        fetch("main")


def test_runs_of_other_data_are_refused() -> None:
    with pytest.raises(UserError, match="of 6 images of A and 6 of B none has the same path"):
        compare(OLD, run([0] * 6, prefix="other"))


def test_classes_are_matched_by_name_not_by_place() -> None:
    swapped = NEW._replace(
        classes=("dog", "cat"), labels=1 - NEW.labels, predicted=1 - NEW.predicted
    )
    assert compare(OLD, swapped) == compare(OLD, NEW)


@pytest.mark.parametrize(
    "names",
    [("crane", "dog", "crane"), ("crane", "crane", "crane (2)"), ("a", "a", "a")],
)
def test_a_class_is_not_taken_for_another_of_its_name(names: tuple[str, ...]) -> None:
    labels = np.array([0, 0, 1, 1, 2, 2])
    right = Predictions(names, [str(n) for n in range(6)], labels, labels, np.full((6, 3), 1 / 3))
    wrong = right._replace(predicted=np.array([2, 2, 1, 1, 0, 0]))
    lines, moved = compare(right, wrong)
    assert "accuracy of A 1.0000, of B 0.3333" in lines[1]
    assert [pair.path for pair in moved] == ["0", "1", "4", "5"]
    assert all(len({pair.label, pair.b}) == 2 for pair in moved)


def test_a_run_does_not_differ_from_itself() -> None:
    lines, moved = compare(OLD, OLD)
    assert moved == []
    assert "B - A +0.0000" in lines[1]


@pytest.mark.usefixtures("_here")
def test_a_run_is_compared_with_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare", "old", "old"])
    errors.run(main)
    assert "images whose prediction changed: 0" in capsys.readouterr().out


@pytest.mark.usefixtures("_here")
def test_a_mistake_is_one_message_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["compare", "old", "nowhere"])
    with pytest.raises(SystemExit, match=r"^nowhere: is neither"):
        errors.run(main)
