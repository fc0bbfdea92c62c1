"""Two experiments side by side: `reprise compare`, `experiments` and `plots`."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Clone

# The environment is that of the tests.
MAKE = ("make", "-o", ".venv/installed", "-o", ".venv/with-plots")


@pytest.fixture(scope="module")
def two(pristine: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone with experiment `few` of two epochs, and `none`, which was only committed."""
    made = pristine.copy(tmp_path_factory.mktemp("two") / "copy")
    made.run("git", "tag", "none")
    made.run("git", "add", "-A")
    made.run("git", "commit", "-qm", "Run")
    made.run("dvc", "exp", "run", "--temp", "-n", "few", "-S", "train.epochs=2", "evaluate")
    return made


@pytest.fixture
def compare(two: Clone) -> Callable[..., str]:
    def run(a: str, b: str, *more: str, code: int = 0) -> str:
        return two.run(*MAKE, "compare", f"A={a}", f"B={b}", *more, code=code)

    return run


def test_two_experiments_are_compared_by_name(
    compare: Callable[..., str], tmp_path: Path, two: Clone
) -> None:
    out = tmp_path / "changed.csv"
    printed = compare("few", "HEAD", f"ARGS=--out {out}")
    assert printed.startswith("A is few, B is HEAD\n360 images in both, 0 only in A, 0 only in B")
    found = re.search(r"accuracy of A ([\d.]+), of B ([\d.]+)", printed)
    assert found
    assert float(found[1]) < float(found[2])
    scores = json.loads((two.root / "metrics" / "evaluate.json").read_text("utf-8"))
    assert float(found[2]) == pytest.approx(scores["accuracy"], abs=5e-5)
    changed = re.search(r"images whose prediction changed: (\d+)", printed)
    assert changed
    with out.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == int(changed[1])


def test_what_was_committed_does_not_differ_from_the_workspace(compare: Callable[..., str]) -> None:
    printed = compare("HEAD", "workspace")
    assert "B - A +0.0000, 95 % interval +0.0000 to +0.0000" in printed
    assert "images whose prediction changed: 0" in printed


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("nowhere", "HEAD", "nowhere: is neither a Git revision nor an experiment"),
        ("HEAD", "none", "none: its metrics/evaluate/predictions.parquet is neither here nor at"),
        ("HEAD", "", "a revision is missing; give two, as in `reprise compare main workspace`"),
    ],
)
def test_what_cannot_be_compared_is_said(
    compare: Callable[..., str], a: str, b: str, message: str
) -> None:
    printed = compare(a, b, code=2)
    assert message in printed
    assert "Traceback" not in printed


def test_predictions_that_were_cleared_away_are_asked_for(two: Clone, tmp_path: Path) -> None:
    cleared = two.copy(tmp_path / "cleared")
    shutil.rmtree(cleared.root / ".dvc" / "cache")
    printed = cleared.run(*MAKE, "compare", "A=few", "B=workspace", code=2)
    assert "few: its metrics/evaluate/predictions.parquet is neither here nor at a rem" in printed
    assert "Traceback" not in printed


def test_of_experiments_only_what_differs_is_listed(two: Clone) -> None:
    above, _, head, *rows = two.run(*MAKE, "experiments", "COLUMNS=80").splitlines()
    assert above.startswith("Scores of test; newest first; - is no score")
    assert head.split() == ["experiment", "accuracy", "macro_f1", "loss", "epochs"]
    assert any(row.startswith("  few ") for row in rows)
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(("command", "width"), [(("diff", "few"), 80), (("show",), 100)])
def test_metrics_fit_a_terminal(two: Clone, command: tuple[str, ...], width: int) -> None:
    lines = two.run("dvc", "metrics", *command).splitlines()
    assert any("accuracy" in line for line in lines)
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("which", [(), ("A=few", "B=HEAD"), ("A=few",)])
def test_plots_open_without_a_network(two: Clone, which: tuple[str, ...]) -> None:
    printed = two.run(*MAKE, "plots", *which)
    assert "dvc_plots/index.html" in printed
    html = (two.root / "dvc_plots" / "index.html").read_text("utf-8")
    assert html.count("vegaEmbed('#") == 11
    assert html.count('<img src="static/') == 4 * (2 if which else 1)
    assert not re.search(r'(src|href) ?= ?"https?:', html)
