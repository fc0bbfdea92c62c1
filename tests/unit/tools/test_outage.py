"""What is waited for while a database is away, and what is told at once."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError, ProgrammingError

from stages.errors import UserError
from tools.searching import outage, storage
from tools.searching.outage import Patience, explained, is_away

PLACE = "postgresql+psycopg://me:secret@host/studies"


class Refusal(Exception):  # noqa: N818
    """An error of a driver that knows the reason."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def away(text: str = "connection refused") -> OperationalError:
    return OperationalError("SELECT 1", {}, Refusal(text))


def refused(text: str, sqlstate: str) -> StorageInternalError:
    """Return an error as Optuna wraps it."""
    error = StorageInternalError("An exception is raised during the commit.")
    error.__cause__ = ProgrammingError("SELECT 1", {}, Refusal(text, sqlstate))
    return error


def asked(patience: Patience, answers: list[int | Exception]) -> tuple[int, list[int]]:
    after = list[int]()

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return patience(ask, lambda: after.append(1)), after


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "PAUSE", 0.001)


def test_an_outage_is_waited_for_and_told_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert asked(Patience(PLACE), [away(), StorageInternalError("b"), 3]) == (3, [1])
    assert capsys.readouterr().out.splitlines() == [
        "the database does not answer (connection refused); waiting for it",
        "the database answers again",
    ]


def test_who_was_never_away_is_not_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(Patience(PLACE), [3]) == (3, [])
    assert not capsys.readouterr().out


def test_an_outage_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "LONGEST", 0.0)
    with pytest.raises(UserError, match=r"host/studies: does not answer \(gone\)") as caught:
        asked(Patience(PLACE), [away("gone")] * 2)
    assert "secret" not in str(caught.value)


def test_who_ends_waits_no_longer() -> None:
    patience = Patience(PLACE)
    patience.end()
    assert asked(patience, [3])[0] == 3, "what answers is used to the end"
    with pytest.raises(UserError, match="the same command goes on"):
        asked(patience, [away(), 3])


def test_an_end_wakes_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "PAUSE", 3600.0)
    patience, ended, waits = Patience(PLACE), threading.Event(), threading.Event()

    def ask() -> None:
        waits.set()
        raise away()

    def wait() -> None:
        with pytest.raises(UserError):
            patience(ask)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    assert waits.wait(60)
    time.sleep(0.01)
    patience.end()
    assert ended.wait(60)


@pytest.mark.parametrize("sqlstate", ["42501", "42P01", "28P01", "3D000"])
def test_who_refuses_is_not_waited_for(sqlstate: str) -> None:
    with pytest.raises(UserError, match=r"studies: refuses \(no right\); give its user the right"):
        asked(Patience(PLACE), [refused("no right", sqlstate)])


@pytest.mark.parametrize("sqlstate", ["57P03", "40P01", "53100", "25006", "08006"])
def test_who_may_answer_later_is_waited_for(sqlstate: str) -> None:
    assert asked(Patience(PLACE), [refused("later", sqlstate), 3])[0] == 3


def test_a_database_that_cannot_be_written_is_no_silence() -> None:
    assert "refuses (read-only)" in explained(refused("read-only", "25006"), PLACE)
    assert "does not answer (connection refused)" in explained(away(), PLACE)


def test_of_a_file_only_a_lock_is_waited_for() -> None:
    locked = OperationalError("", {}, sqlite3.OperationalError("database is locked"))
    full = OperationalError("", {}, sqlite3.OperationalError("database or disk is full"))
    assert is_away(locked)
    assert not is_away(full)
    message = explained(full, "sqlite:///other/x.db")
    assert message.startswith("other/x.db: cannot be read or written (database or disk is full)")


def test_a_file_that_breaks_meanwhile_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = storage.address(None)
    kept = storage.opened(place)
    storage.FILE.write_bytes(b"garbage" * 1000)
    with pytest.raises(UserError, match=r"studies.db: cannot be read or written"):
        Patience(place)(kept.get_all_studies)
    kept.remove_session()
    kept.engine.dispose()
