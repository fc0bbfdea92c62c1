from io import BytesIO
from typing import BinaryIO

import pytest
from packing import packed

from stages.errors import UserError
from stages.sources import store as module
from stages.sources.store import Member, Store, error_reason


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (".DS_Store", "hidden file"),
        ("a/._1.jpg", "hidden file"),
        (".git/config", "hidden file"),
        ("a/.cache/b/1.jpg", "hidden file"),
        ("Thumbs.db", "Thumbs.db"),
        ("a/thumbs.DB", "Thumbs.db"),
        ("desktop.ini", "desktop.ini"),
        ("__MACOSX/a/._1.jpg", "__MACOSX"),
        ("__MACOSX/a/1.jpg", "__MACOSX"),
    ],
)
def test_junk_is_counted_by_kind(name: str, kind: str) -> None:
    store = packed({name: b"1", "b/1.jpg": b"1"})
    assert store.names() == ["b/1.jpg"]
    assert store.passed_over == {kind: 1}
    assert store.folders <= {"a", "b"}


def test_empty_files_are_counted_and_their_folder_is_known() -> None:
    store = packed({"a/1.jpg": b"", "a/2.jpg": b""})
    assert (store.names(), store.passed_over) == ([], {"empty file": 2})
    assert store.folders == {"a"}


def test_nothing_else_is_passed_over() -> None:
    store = packed({"README": b"1", "a.b/__macosx": b"1", "Thumbs.db.jpg": b"1"})
    assert len(store.names()) == 3
    assert store.passed_over == {}


def test_a_file_that_is_in_it_twice_is_named() -> None:
    twice = [Member("a/1", 1, BytesIO)] * 2
    with pytest.raises(UserError, match=r"^source: a/1: is in it twice"):
        Store("source", twice)


def test_a_file_larger_than_any_image_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IMAGE_BYTES", 9)
    store = packed({"a": b"1" * 10, "b": b"1" * 9})
    assert len(store.read("b")) == 9
    with pytest.raises(UserError, match=r"source: a: has more than 9 bytes"):
        store.read("a")


class Broken(BytesIO):
    def read(self, _: int | None = -1) -> bytes:
        raise EOFError


def test_a_file_that_breaks_while_it_is_read_is_named() -> None:
    def opened() -> BinaryIO:
        return Broken()

    store = Store("source", [Member("a", 1, opened)])
    with pytest.raises(UserError, match=r"source: a: cannot be read \(EOFError\)"):
        store.read("a")


def test_a_reason_is_one_line() -> None:
    assert error_reason(ValueError("a\nb")) == "a"
    assert error_reason(ValueError()) == "ValueError"
