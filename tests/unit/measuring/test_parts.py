"""What is measured, where the data are, and what stands around it."""

import gzip
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from benchmarks import __main__ as bench
from benchmarks import killing
from benchmarks.measuring import conditions, datasets, task
from benchmarks.measuring.task import AbsentError, Task
from stages.errors import UserError
from tools import recipe


def given(data: Path | None, scratch: Path) -> Task:
    return Task(data, scratch, quick=False, say=lambda _: None)


def test_every_recipe_is_a_part_or_says_why_not() -> None:
    assert {*recipe.names()} <= {*bench.parts()}


def test_a_recipe_that_is_not_measured_says_why(tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="GPU"):
        bench.parts()["cifar10_speednet"](given(None, tmp_path))


@pytest.mark.parametrize("dataset", ["mnist", "cifar10", "folder"])
def test_without_data_the_reason_is_told(dataset: str, tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="no folder of data was given"):
        datasets.source(given(None, tmp_path), dataset)
    with pytest.raises(AbsentError, match="is not in the folder of data"):
        datasets.source(given(tmp_path, tmp_path), dataset)


def test_mnist_is_unpacked_as_torchvision_has_it(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    with gzip.open(tmp_path / "mnist/t10k-labels-idx1-ubyte.gz", "wb") as file:
        file.write(b"labels")
    for _ in range(2):
        found = datasets.source(given(tmp_path, tmp_path), "mnist")
        raw = Path(found["path"], "MNIST/raw")
        assert (raw / "t10k-labels-idx1-ubyte").read_bytes() == b"labels"


def test_photographs_are_unpacked_and_val_is_test(tmp_path: Path) -> None:
    with ZipFile(tmp_path / datasets.PHOTOS, "w") as archive:
        for name in ("train/ants/1.jpg", "train/bees/2.JPG", "train/bees/3.jpeg", "val/ants/4.jpg"):
            archive.writestr(f"hymenoptera_data/{name}", name)
        archive.writestr("hymenoptera_data/train/ants/imageNotFound.gif", "")
        archive.writestr("hymenoptera_data/.DS_Store", "")
    root = datasets.photographs(given(tmp_path, tmp_path))
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    assert found == ["test/ants/4.jpg", "train/ants/1.jpg", "train/bees/2.JPG", "train/bees/3.jpeg"]
    few = datasets.fewer(root, tmp_path / "few", "bees", 1)
    assert [path.name for path in (few / "train/bees").iterdir()] == ["2.JPG"]
    assert len([*(root / "train/bees").iterdir()]) == 2


def test_a_change_of_code_is_another_checksum(tmp_path: Path) -> None:
    for name in conditions.BESIDE:
        (tmp_path / name).write_text("", "utf-8")
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/train.py").write_text("lr = 1", "utf-8")
    before = conditions.checksum(tmp_path)
    (tmp_path / "stages/notes.txt").write_text("", "utf-8")
    assert conditions.checksum(tmp_path) == before
    (tmp_path / "stages/train.py").write_text("lr = 2", "utf-8")
    assert conditions.checksum(tmp_path) != before


def test_a_command_that_fails_is_named_with_the_last_that_it_said(tmp_path: Path) -> None:
    code = "import sys; print('x'); sys.exit('first\\nthe disk is full')"
    with pytest.raises(RuntimeError, match=r"python\S* -c .* ended with 1: the disk is full"):
        task.run(tmp_path, [sys.executable, "-c", code])


def test_a_command_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "LIMIT", 0.1)
    with pytest.raises(RuntimeError, match="took more than"):
        task.run(tmp_path, [sys.executable, "-c", "import time; time.sleep(60)"])


def test_the_epochs_of_a_training_are_counted_while_it_runs(tmp_path: Path) -> None:
    assert killing.epochs_done(tmp_path) == 0
    (tmp_path / "metrics").mkdir()
    for text, count in (("", 0), ("epoch\n", 0), ("epoch\n1\n2\n", 2)):
        (tmp_path / killing.HISTORY).write_text(text, "utf-8")
        assert killing.epochs_done(tmp_path) == count


def test_data_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--data", "/nowhere"])
    with pytest.raises(UserError, match="/nowhere, but there is no such folder"):
        bench.main()
