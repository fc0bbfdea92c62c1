import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from judging import EXTREMES, absent, constant, judge, perfect, usual
from scipy.special import softmax
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from toys import CARD

from stages.artifacts import report
from stages.reporting.tables import CLASSES


@pytest.mark.parametrize("name", EXTREMES)
def test_all_parts_tell_of_the_same_predictions(name: str, tmp_path: Path) -> None:
    judgement = EXTREMES[name]()
    found, said = judgement.report, judgement.predictions
    probabilities = softmax(judgement.logits.astype(float) / 2, axis=1)
    np.testing.assert_allclose(said.probabilities, probabilities)
    np.testing.assert_array_equal(said.predicted, probabilities.argmax(1))
    assert found.scores["accuracy"] == accuracy_score(said.labels, said.predicted)
    assert found.scores["loss"] == pytest.approx(
        log_loss(said.labels, probabilities, labels=range(len(said.classes)))
    )
    expected = np.bincount(said.labels, minlength=len(said.classes)).tolist()
    assert [row.images for row in found.tables.classes] == expected
    report.write(found, tmp_path)
    assert {path.name for path in (tmp_path / report.PLOTS).iterdir()} == {
        *(f"{name}.csv" for name in report.HEADERS),
        *("mistakes.svg", "uncertain.svg", "classes.svg"),
    }


def test_a_perfect_model_makes_no_mistakes_to_show() -> None:
    worst, luckiest = perfect().galleries
    assert (worst.tiles, worst.note) == ([], "All 40 answers are right.")
    assert len(luckiest.tiles) == 12
    assert perfect().report.pictures["mistakes.svg"].startswith("<svg")
    scores = perfect().report.scores
    assert scores["accuracy"] == scores["macro_f1"] == scores["matthews"] == 1.0


def test_of_a_model_that_says_one_class_only_that_has_a_precision() -> None:
    rows = constant().report.tables.classes
    assert [row.precision for row in rows] == [None, pytest.approx(1 / 3), None]
    assert [row.recall for row in rows] == [0, 1, 0]
    assert [row.predicted for row in rows] == [0, 30, 0]


def test_a_class_without_images_has_no_recall_and_no_gallery() -> None:
    judgement = absent()
    last = judgement.report.tables.classes[2]
    assert (last.images, last.predicted, last.recall) == (0, 1, None)
    assert [gallery.title for gallery in judgement.samples] == ["class 0", "class 1"]
    (mistake,) = judgement.galleries[0].tiles
    assert (mistake.actual, mistake.predicted, mistake.path) == ("class 0", "class 2", "test/0.png")


def test_of_many_classes_tables_and_pictures_are_small_but_complete() -> None:
    judgement = usual(1000, 2000)
    tables, said = judgement.report.tables, judgement.predictions
    assert len({cell.actual for cell in tables.confusion}) == CLASSES
    shown = [number for number in range(1000) if f"class {number}" in {c[0] for c in tables[0]}]
    counts = confusion_matrix(said.labels, said.predicted)
    assert sum(cell.images for cell in tables.confusion) == counts[shown].sum()
    assert max(map(len, judgement.report.pictures.values())) < 200_000
    assert len(judgement.samples) == 10


def test_without_convolutions_mistakes_have_no_heat_map() -> None:
    mlp = CARD.network.model_copy(update={"network": "mlp", "hidden": (4,)})
    tiles = judge(np.eye(2), [1, 1], network=mlp).galleries[0].tiles
    assert [tile.heat for tile in tiles] == [None]
    tiles = judge(np.eye(2), [1, 1]).galleries[0].tiles
    assert all(tile.heat for tile in tiles)


WRITE = """
import sys
sys.path[:0] = sys.argv[1:]
from pathlib import Path
from judging import background, usual
from stages.artifacts import predictions, report
from stages.reporting.page.page import render
from stages.reporting.page.presentation import present
judgement = usual(12, 300)
report.write(judgement.report)
predictions.write(judgement.predictions)
report.write_page(render(present(judgement, background(judgement))))
"""


def test_in_two_folders_the_bytes_are_the_same(tmp_path: Path) -> None:
    here = Path(__file__).resolve().parent
    places = [str(here), str(here.parents[1]), str(here.parents[2])]
    folders, running = [tmp_path / "a", tmp_path / "another"], []
    for seed, folder in enumerate(folders):
        folder.mkdir()
        env = os.environ | {"PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", WRITE, *places]
        running.append(subprocess.Popen(command, cwd=folder, env=env))
    assert [process.wait() for process in running] == [0, 0]
    first, second = map(digests, folders)
    assert first == second
    assert len(first) == 7 + 3 + 3  # tables, pictures; scores, predictions, page


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
