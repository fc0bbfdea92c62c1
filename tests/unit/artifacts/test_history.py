from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import history
from stages.artifacts.history import Epoch
from stages.errors import UserError

EPOCHS = [
    Epoch(1, 1.5, 1.25, 0.5, 0.25, 0.001),
    Epoch(2, 1 / 3, 2 / 3, 0.875, 1.0, 1e-8),
]


def test_a_row_is_an_epoch(tmp_path: Path) -> None:
    history.write(EPOCHS, tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_bytes() == (
        b"epoch,train_loss,val_loss,train_accuracy,val_accuracy,lr\n"
        b"1,1.5,1.25,0.5,0.25,0.001\n"
        b"2,0.333333,0.666667,0.875,1,1e-08\n"
    )


def test_pandas_reads_what_was_written(tmp_path: Path) -> None:
    history.write(EPOCHS, tmp_path / "history.csv")
    table = pd.read_csv(tmp_path / "history.csv")
    assert table["epoch"].tolist() == [1, 2]
    assert table["val_loss"].tolist() == pytest.approx([1.25, 2 / 3], rel=1e-5)


@pytest.mark.parametrize(
    "row",
    [
        "3,0.3,0.6,0.8,0.9,1e-08", "1,0.3,0.6,0.8,0.9,1e-08", "2,nan,0.6,0.8,0.9,1e-08",
        "2,0.3,inf,0.8,0.9,1e-08", "2,0.3,0.6,1.5,0.9,1e-08", "2,0.3,0.6,0.8,-1,1e-08",
        "2,0.3,0.6,0.8,0.9", "2,0.3,0.6,0.8,0.9,1,1", "x,0.3,0.6,0.8,0.9,1", "2.0,1,1,1,1,1",
    ],
)  # fmt: skip
def test_a_row_that_no_training_writes_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "history.csv"
    history.write(EPOCHS[:1], path)
    with path.open("a") as file:
        file.write(f"{row}\n")
    with pytest.raises(UserError, match=r"history\.csv: cannot be read \("):
        history.read(path)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    history.write(EPOCHS, tmp_path / "history.csv")
    assert history.read(tmp_path / "history.csv")[0] == EPOCHS[0]
