import json
import os
from collections.abc import Callable
from errno import EACCES, EIO, EMFILE, ENOMEM
from hashlib import md5
from pathlib import Path

import pytest

from tools.provenance import dvc_cache


def cached(cache: Path, content: bytes, ending: str = "") -> str:
    name = md5(content).hexdigest() + ending  # noqa: S324 -- DVC's
    path = cache / "files" / "md5" / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name


def place(cache: Path, name: str) -> Path:
    return cache / "files" / "md5" / name[:2] / name[2:]


def folder(cache: Path) -> tuple[str, str]:
    inner = cached(cache, b"pixels")
    listed = json.dumps([{"md5": inner, "relpath": "train/images.npy"}]).encode()
    return cached(cache, listed, ".dir"), inner


def test_whole_objects_are_not_damaged(tmp_path: Path) -> None:
    whole, inner = folder(tmp_path)
    assert dvc_cache.damaged(tmp_path, "data/splits", whole) == []
    assert dvc_cache.damaged(tmp_path, "x", inner) == []


def test_a_changed_file_in_a_folder_is_named(tmp_path: Path) -> None:
    whole, inner = folder(tmp_path)
    place(tmp_path, inner).write_bytes(b"pixelz")
    found = dvc_cache.damaged(tmp_path, "data/splits", whole)
    assert [item.name for item in found] == ["data/splits/train/images.npy"]


def test_a_changed_list_of_a_folder_is_named(tmp_path: Path) -> None:
    whole, _ = folder(tmp_path)
    place(tmp_path, whole).write_bytes(b"[")
    assert [item.name for item in dvc_cache.damaged(tmp_path, "d", whole)] == ["d"]


def test_what_is_absent_is_not_damaged(tmp_path: Path) -> None:
    whole, inner = folder(tmp_path)
    place(tmp_path, inner).unlink()
    assert dvc_cache.damaged(tmp_path, "d", whole) == []
    place(tmp_path, whole).unlink()
    assert dvc_cache.damaged(tmp_path, "d", whole) == []


def test_every_object_is_checked_whatever_refers_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, inner = folder(tmp_path)
    empty, cut, good = (cached(tmp_path, content) for content in (b"e", b"cut off", b"good"))
    place(tmp_path, empty).write_bytes(b"")
    place(tmp_path, cut).write_bytes(b"cut")
    place(tmp_path, whole).write_bytes(b"[]")
    found = {md5: wrong for md5, _, wrong in dvc_cache.check(tmp_path)}
    assert found == {
        empty: "is empty",
        cut: "has other bytes than were cached",
        whole: "has other bytes than were cached",
    }
    assert good in dvc_cache.all_objects(tmp_path)
    assert inner in dvc_cache.all_objects(tmp_path)
    assert "checking 15 B of 15 B" in capsys.readouterr().err


def test_an_empty_file_that_was_cached_is_whole(tmp_path: Path) -> None:
    assert dvc_cache.fault(place(tmp_path, cached(tmp_path, b"")), md5(b"").hexdigest()) == ""  # noqa: S324


@pytest.mark.parametrize("name", ["cdef.tmp", "x" * 30, "ab" * 15 + ".unpacked", "short"])
def test_what_is_no_object_is_passed_over(tmp_path: Path, name: str) -> None:
    place(tmp_path, f"ab{name}").parent.mkdir(parents=True)
    place(tmp_path, f"ab{name}").write_bytes(b"1")
    assert [*dvc_cache.check(tmp_path)] == []


def test_a_cache_that_is_not_there_has_no_objects(tmp_path: Path) -> None:
    assert [*dvc_cache.check(tmp_path / "none")] == []


@pytest.mark.parametrize(
    ("kind", "number", "told"),
    [(OSError, EIO, "cannot be read (Input/output error)"), (PermissionError, EACCES, "cannot be")],
)
def test_what_cannot_be_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[OSError], number: int, told: str
) -> None:
    name = cached(tmp_path, b"1")
    monkeypatch.setattr(dvc_cache, "digest", failing(kind(number, os.strerror(number))))
    assert dvc_cache.fault(place(tmp_path, name), name).startswith(told)


@pytest.mark.parametrize("number", [EMFILE, ENOMEM])
def test_what_the_machine_lacks_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    name = cached(tmp_path, b"1")
    monkeypatch.setattr(dvc_cache, "digest", failing(OSError(number, "lacking")))
    with pytest.raises(OSError, match="lacking"):
        list(dvc_cache.check(tmp_path))
    assert name in dvc_cache.all_objects(tmp_path)


def failing(error: OSError) -> Callable[[Path], str]:
    def fail(_: Path) -> str:
        raise error

    return fail
