from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reprise import progress_line
from reprise.amount import amount
from reprise.counting import counted
from reprise.progress_line import ERASE, ProgressLine

Count = Callable[..., ProgressLine]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Return what counts pictures, 10 a second, where the streams named are terminals."""

    def run(
        pictures: int, terminals: str, total: int | None = None, *, amid_rows: bool = False
    ) -> ProgressLine:
        now = 100.0
        monkeypatch.setattr("sys.stderr.isatty", lambda: "stderr" in terminals)
        monkeypatch.setattr("sys.stdout.isatty", lambda: "stdout" in terminals)
        monkeypatch.setattr(progress_line, "monotonic", lambda: now)
        made = ProgressLine(total, amid_rows=amid_rows)
        for _ in range(pictures):
            now += 0.1
            made.advance()
        return made

    return run


def test_a_terminal_is_redrawn_now_and_then(count: Count, capsys: Captured) -> None:
    count(9, "stderr")
    drawn = capsys.readouterr().err
    assert drawn == "".join(f"{ERASE}{done} pictures, 10 a second" for done in (3, 6, 9))


def test_where_the_number_is_known_there_is_a_bar(count: Count, capsys: Captured) -> None:
    count(3, "stderr", 12)
    assert capsys.readouterr().err == (
        f"{ERASE}█████░░░░░░░░░░░░░░░  3 of 12 pictures, 10 a second, 0:01 min left"
    )


def test_a_bar_that_has_no_room_is_cut(
    count: Count, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    count(3, "stderr", 12)
    assert len(capsys.readouterr().err.removeprefix(ERASE)) == 29


def test_the_line_is_erased_once(count: Count, capsys: Captured) -> None:
    made = count(1200, "stderr")
    assert capsys.readouterr().err.endswith("1,200 pictures, 10 a second")
    made.clear()
    made.clear()
    assert capsys.readouterr().err == ERASE


def test_a_log_has_a_line_now_and_then(count: Count, capsys: Captured) -> None:
    count(250, "stdout", 40_000).clear()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("101 of 40,000 pictures, 10 a second, 1:06 h left")


@pytest.mark.parametrize(
    ("pictures", "terminals"), [(90, ""), (90, "stdout"), (1000, "stdout and stderr")]
)
def test_a_short_log_stays_empty_and_so_does_a_terminal_that_shows_the_rows(
    pictures: int, terminals: str, count: Count, capsys: Captured
) -> None:
    count(pictures, terminals).clear()
    assert capsys.readouterr() == ("", "")


def test_what_is_slow_is_told_amid_the_rows(count: Count, capsys: Captured) -> None:
    count(3, "stdout and stderr", 3, amid_rows=True)
    assert "3 of 3 pictures" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["stderr", "stdout"])
def test_a_closed_stream_is_no_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"sys.{name}", None)
    made = ProgressLine(amid_rows=True)
    made.advance()
    made.clear()


def test_pictures_are_counted_where_it_is_cheap(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.png", "b.jpg", "deep/c.png", "notes.txt"):
        (tmp_path / name).touch()
    assert amount([str(tmp_path), f"{tmp_path}/*.png", "one.png"]) == 5
    assert amount([str(tmp_path / "none/*.png"), "http://localhost/a.png"]) == 2
    (tmp_path / "a.zip").touch()
    assert amount(["one.png", str(tmp_path / "a.zip")]) is None
    assert amount(["-"]) is None
    (tmp_path / "raw").mkdir()
    table = pa.table({"image": [{"bytes": b"x", "path": "a.png"}]})
    pq.write_table(table, tmp_path / "raw/train.parquet")
    pq.write_table(table, tmp_path / "raw/val.parquet")
    assert amount([str(tmp_path / "raw")]) == 2
    assert amount([str(tmp_path / "raw/val.parquet"), "one.png"]) == 2
    (tmp_path / "raw/val.parquet").write_bytes(b"damaged")
    assert amount([str(tmp_path / "raw/val.parquet")]) is None


def test_one_is_no_plural() -> None:
    assert counted(1, "picture") == "1 picture"
    assert counted(0, "picture") == "0 pictures"
    assert counted(1200, "class", "classes") == "1,200 classes"
