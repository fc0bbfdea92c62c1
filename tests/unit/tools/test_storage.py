"""Where a study is kept, and what happens when that is away."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("content", [b"garbage" * 100, None])
def test_a_damaged_file_is_named_and_not_waited_for(content: bytes | None) -> None:
    place = storage.address(None)
    if content is None:
        storage.FILE.mkdir()
    else:
        storage.FILE.write_bytes(content)
    with pytest.raises(UserError, match=r"studies.db: cannot be read or written .*move it away"):
        storage.opened(place)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:a"])
def test_a_study_that_would_be_lost_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="names no file, so a study would be lost at its end"):
        storage.address(address)


def test_a_file_that_is_not_there_is_not_made_to_be_read(folder: Path) -> None:
    with pytest.raises(UserError, match="there is no study; run `reprise search`, or mend"):
        storage.require_there(f"sqlite:///{folder}/mistyped.db")
    storage.require_there("postgresql+psycopg://a@b/c")


def test_a_folder_that_cannot_be_made_is_named() -> None:
    Path(".dvc").write_text("", "utf-8")
    with pytest.raises(UserError, match=r"\.dvc/tmp/searching: cannot be made \(Not a directory\)"):
        storage.address(None)
