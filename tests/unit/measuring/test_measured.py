from pathlib import Path

import pytest
from making import MEASURED, failed

from benchmarks.measuring import measured
from benchmarks.measuring.measured import Measured
from stages.errors import UserError


def test_what_is_written_is_read_again_and_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    measured.write(MEASURED, path)
    once = path.read_bytes()
    assert measured.read(path) == MEASURED
    measured.write(measured.read(path), path)
    assert path.read_bytes() == once


def test_where_there_is_no_file_nothing_was_measured(tmp_path: Path) -> None:
    assert measured.read(tmp_path / "none.json") == Measured()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("mnist_cnn.ratio", "1.69"),
        ("mnist_cnn.ratio.n", "3"),
        ("mnist_cnn.accuracy.spread", "± 0.007"),
        ("mnist_cnn.processor", "Abacus"),
        ("mnist_cnn.torch", "2.15.0"),
    ],
)
def test_a_key_stands_for_a_figure_or_a_condition(key: str, text: str) -> None:
    assert MEASURED.text(key) == text


def test_a_key_that_nothing_has_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"mnist_cnn.ration is no figure .*did you mean mnist_cnn"):
        MEASURED.text("mnist_cnn.ration")


def test_of_a_part_that_failed_the_reason_is_told() -> None:
    found = Measured(parts={"digits": failed("the sun was too bright")})
    with pytest.raises(UserError, match=r"digits.ratio is no figure.*failed: the sun was too"):
        found.text("digits.ratio")


@pytest.mark.parametrize("text", ["", "[]", '{"parts": 3}', '{"part": {}}', "\0"])
def test_a_file_that_is_not_ours_is_one_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "measured.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="make bench"):
        measured.read(path)
