"""Where a study is kept, and what happens when that is away."""

from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError

from stages.errors import UserError
from tools.searching import storage


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(storage.ADDRESS, raising=False)
    return tmp_path


def test_it_is_a_file_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert storage.address(None) == "sqlite:///.dvc/tmp/searching/studies.db"
    storage.opened(storage.address(None))
    assert Path(".dvc/tmp/searching/studies.db").is_file()
    monkeypatch.setenv(storage.ADDRESS, "postgresql://a@b/c")
    assert storage.address(None) == "postgresql+psycopg://a@b/c"
    assert storage.address("postgres://x") == "postgresql+psycopg://x"
    assert storage.address("sqlite:///d.db") == "sqlite:///d.db"


@pytest.mark.parametrize(
    "address", ["here", "nothing://a/b", "mysql://a@127.0.0.1/b", "://", "a b"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UserError, match=r"--storage .*: is no address of a database"):
        storage.opened(storage.address(address))


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(UserError) as caught:
        storage.opened(storage.address("postgresql://me:secret@127.0.0.1:1/studies"))
    assert "127.0.0.1:1/studies: does not answer" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read or written \(unable to open"):
        storage.opened(f"sqlite:///{folder}/absent/studies.db")


def test_an_outage_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(storage, "PAUSE", 0.0)
    answers: list[int | Exception] = [StorageInternalError("a"), StorageInternalError("b"), 3]
    after = list[int]()

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert storage.patiently(ask, lambda: after.append(1)) == 3
    assert after == [1]
    assert capsys.readouterr().out.splitlines() == [
        "the database of the study does not answer; waiting for it",
        "the database of the study answers again",
    ]
    monkeypatch.setattr(storage, "LONGEST", 0.0)
    answers += [StorageInternalError("gone")] * 2
    with pytest.raises(UserError, match="has not answered for 0 minutes"):
        storage.patiently(ask)


@pytest.mark.parametrize("content", [b"garbage" * 100, None])
def test_a_damaged_file_is_named_and_not_waited_for(content: bytes | None) -> None:
    place = storage.address(None)
    if content is None:
        storage.FILE.mkdir()
    else:
        storage.FILE.write_bytes(content)
    with pytest.raises(UserError, match=r"studies.db: cannot be read or written .*move it away"):
        storage.opened(place)


def test_a_file_that_breaks_meanwhile_is_not_waited_for() -> None:
    kept = storage.opened(storage.address(None))
    storage.FILE.write_bytes(b"garbage" * 1000)
    with pytest.raises(UserError, match=r"studies.db: cannot be read or written"):
        storage.patiently(kept.get_all_studies)
    kept.remove_session()
    kept.engine.dispose()
