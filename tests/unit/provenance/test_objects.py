import json
from hashlib import md5
from pathlib import Path

from stages.provenance import objects


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
    assert objects.damaged(tmp_path, "data/splits", whole) == []
    assert objects.damaged(tmp_path, "x", inner) == []


def test_a_changed_file_in_a_folder_is_named(tmp_path: Path) -> None:
    whole, inner = folder(tmp_path)
    place(tmp_path, inner).write_bytes(b"pixelz")
    found = objects.damaged(tmp_path, "data/splits", whole)
    assert [item.name for item in found] == ["data/splits/train/images.npy"]


def test_a_changed_list_of_a_folder_is_named(tmp_path: Path) -> None:
    whole, _ = folder(tmp_path)
    place(tmp_path, whole).write_bytes(b"[")
    assert [item.name for item in objects.damaged(tmp_path, "d", whole)] == ["d"]


def test_what_is_absent_is_not_damaged(tmp_path: Path) -> None:
    whole, inner = folder(tmp_path)
    place(tmp_path, inner).unlink()
    assert objects.damaged(tmp_path, "d", whole) == []
    place(tmp_path, whole).unlink()
    assert objects.damaged(tmp_path, "d", whole) == []
