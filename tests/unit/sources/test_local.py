import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from packing import plant

from stages.errors import UserError
from stages.sources import origin


def test_names_are_relative_and_sorted_by_code_point(tmp_path: Path) -> None:
    files = {"b/1": b"1", "a-b/1": b"2", "a/2": b"3", "B/1": b"4", "ä/1": b"5"}
    assert origin.folder_store(plant(tmp_path, files)).names() == sorted(files)


def test_content_is_read_as_it_is(tmp_path: Path) -> None:
    assert origin.folder_store(plant(tmp_path, {"a/1": b"\0\r\n\xff"})).read("a/1") == b"\0\r\n\xff"


def test_folders_without_a_file_are_known(tmp_path: Path) -> None:
    store = origin.folder_store(plant(tmp_path, {"a/b/": b"", "c/1": b"1", ".d/": b""}))
    assert store.folders == {"a", "a/b", "c"}


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    real = plant(tmp_path / "real", {"x/1": b"1"})
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "2").symlink_to(real / "x" / "1")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert origin.folder_store(tmp_path / "b").read("2") == b"1"


@pytest.mark.parametrize("target", ["real", "."])
def test_a_linked_folder_is_refused_as_dvc_does_not_see_into_it(
    tmp_path: Path, target: str
) -> None:
    plant(tmp_path, {"real/1": b"1", "a/c/1": b"1"})
    (tmp_path / "a" / "c" / "b").symlink_to(tmp_path / target)
    for check in (origin.folder_store, origin.refuse_linked_folders):
        with pytest.raises(UserError, match=r"a/c/b: is a link to a folder, and DVC does not see"):
            check(tmp_path / "a")


def test_a_folder_may_be_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(1200):  # one after the other: the path in one would be too long to make
        Path("a").mkdir()
        os.chdir("a")
    Path("1").write_bytes(b"1")
    os.chdir(tmp_path)
    assert origin.folder_store(Path()).names() == ["a/" * 1200 + "1"]
    subprocess.run(["rm", "-rf", "a"], check=True)  # pytest could not remove it


def test_no_name_in_a_folder_forges_a_line(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[2Jb").symlink_to(tmp_path / "none")
    with pytest.raises(UserError, match="is no file, or links to none") as caught:
        origin.folder_store(tmp_path)
    assert str(caught.value).isprintable()


def test_a_folder_with_more_bytes_than_may_come_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {"a": b"1" * 6, "b/c": b"1" * 5})
    assert len(origin.folder_store(tmp_path, 11).names()) == 2
    with pytest.raises(UserError, match=r"holds more than 10 bytes; raise download.max_bytes"):
        origin.folder_store(tmp_path, 10)


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    with pytest.raises(UserError, match=r"/a: is no file, or links to none"):
        origin.folder_store(tmp_path)


def test_what_is_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("a")
    with pytest.raises(UserError, match=r"a: is no file"):
        origin.folder_store(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0)
    with pytest.raises(UserError, match=r"/a: cannot be read: Permission denied"):
        origin.folder_store(tmp_path)


def test_a_folder_that_vanishes_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"/a: cannot be read: No such file"):
        origin.folder_store(tmp_path / "a")


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    store = origin.folder_store(plant(tmp_path, {"a": b"1"}))
    (tmp_path / "a").unlink()
    with pytest.raises(UserError, match=rf"{tmp_path}: a: cannot be read"):
        store.read("a")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(b"1")
    with pytest.raises(UserError, match=r"\\udcff.jpg: its name is not UTF-8; rename it"):
        origin.folder_store(tmp_path)


def test_a_file_may_stand_alone(tmp_path: Path) -> None:
    store = origin.file_store(plant(tmp_path, {"a": b"1"}) / "a", "https://host/b/train.parquet")
    assert store.names() == ["train.parquet"]
    assert store.read("train.parquet") == b"1"
