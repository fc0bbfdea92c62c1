import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

from stages import files
from stages.errors import UserError

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from stages.files import replacing

with replacing(Path(sys.argv[1])) as partial:
    if sys.argv[2] == "folder":
        partial.mkdir()
        partial = partial / "file"
    partial.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fail(path: Path, error: BaseException) -> NoReturn:
    """Write half of a file or a folder, whichever is there, and fail."""
    with files.replacing(path) as partial:
        if path.is_dir():
            partial.mkdir()
            (partial / "half").touch()
        else:
            partial.write_text("half")
        raise error


def test_a_file_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "file"
    with files.replacing(path) as partial:
        partial.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert names(path.parent) == {"file"}


def test_a_file_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with files.replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == {"file"}


def test_a_folder_replaces_a_folder_with_all_that_was_in_it(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    (path / "old").mkdir(parents=True)
    with files.replacing(path) as partial:
        partial.mkdir()
        (partial / "new").write_text("new")
    assert names(path) == {"new"}
    assert names(tmp_path) == {"folder"}


def test_a_link_is_replaced_and_its_target_is_not_touched(tmp_path: Path) -> None:
    target, path = tmp_path / "cache", tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")
    path.symlink_to(target)
    with files.replacing(path) as partial:
        partial.mkdir()
    assert not path.is_symlink()
    assert names(target) == {"old"}


def test_an_error_inside_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        fail(path, ZeroDivisionError())
    assert path.read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_an_error_inside_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        fail(path, KeyboardInterrupt())
    assert names(path) == {"old"}
    assert names(tmp_path) == {"folder"}


def test_a_full_disk_is_reported_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UserError) as caught:
        fail(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; "
        "free some space or mend the permissions, then run the stage again"
    )
    assert path.read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_a_file_in_place_of_a_parent_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file")
    with pytest.raises(UserError, match=r"metrics/scores\.json: cannot be written: "):
        files.write_json(tmp_path / "metrics" / "scores.json", {})
    assert (tmp_path / "metrics").read_text() == "a file"


def test_a_file_system_that_forbids_writing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> NoReturn:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(files, "remove", refuse)
    with pytest.raises(UserError, match="file: cannot be written: Read-only file system"):
        files.write_json(tmp_path / "file", {})


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_run_left_does_not_matter(tmp_path: Path, kind: str) -> None:
    for name in (".file.partial", ".file.old"):
        if kind == "folder":
            (tmp_path / name).mkdir()
            (tmp_path / name / "half").write_text("half")
        else:
            (tmp_path / name).write_text("half")
    with files.replacing(tmp_path / "file") as partial:
        assert not partial.exists()
        partial.write_text("new")
    assert (tmp_path / "file").read_text() == "new"
    assert names(tmp_path) == {"file"}


def test_an_old_folder_that_a_killed_run_left_does_not_matter(tmp_path: Path) -> None:
    for name in ("folder", ".folder.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").touch()
    with files.replacing(tmp_path / "folder") as partial:
        partial.mkdir()
    assert names(tmp_path) == {"folder"}
    assert names(tmp_path / "folder") == set()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_killed_process_leaves_the_old_content_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    content = path if kind == "file" else path / "file"
    content.parent.mkdir(exist_ok=True)
    content.write_text("the old content")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), kind], cwd=ROOT, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert content.read_text() == "the old content"


@pytest.mark.parametrize("kind", ["nothing", "file", "folder", "link to a folder"])
def test_remove_leaves_nothing_but_a_links_target(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "path", tmp_path / "target"
    (target / "inner").mkdir(parents=True)
    if kind == "file":
        path.write_text("content")
    elif kind == "folder":
        (path / "inner").mkdir(parents=True)
    elif kind == "link to a folder":
        path.symlink_to(target)
    files.remove(path)
    assert names(tmp_path) == {"target"}
    assert names(target) == {"inner"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(), "data/x: is missing"),
        (FileNotFoundError(2, "no", "data/x/part"), "data/x/part: is missing"),
        (ValueError("odd\nmore"), "data/x: cannot be read (odd)"),
        (EOFError(), "data/x: cannot be read (EOFError)"),
        (TypeError("None is no dict"), "data/x: cannot be read (None is no dict)"),
        (KeyError("bytes"), "data/x: cannot be read ('bytes')"),
        (PermissionError(13, "not yours"), "data/x: cannot be read ([Errno 13] not yours)"),
    ],
)
def test_reading_says_what_failed_and_which_stage_mends_it(error: Exception, message: str) -> None:
    with pytest.raises(UserError) as caught, files.reading(Path("data/x"), "download"):
        raise error
    assert str(caught.value) == f"{message}; run `dvc repro download` to make it again"


def test_reading_hands_on_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), files.reading(Path("data/x"), "download"):
        raise KeyboardInterrupt


def test_equal_values_are_equal_json_whatever_their_order(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a", {"b": [1, 0.1], "a": "ü"})
    files.write_json(tmp_path / "b", {"a": "ü", "b": [1, 0.1]})
    expected = b'{\n  "a": "\\u00fc",\n  "b": [\n    1,\n    0.1\n  ]\n}\n'
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == expected


def test_what_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a", {"a": 1})
    with pytest.raises(TypeError, match="set"):
        files.write_json(tmp_path / "a", {"a": {1}})
    assert (tmp_path / "a").read_bytes() == b'{\n  "a": 1\n}\n'
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (0.9999999, "1.0"),
        (1.0, "1.0"),
        (1e-9, "0.0"),
        (12345678.9, "12345678.9"),
        (7, "7"),
        (2**60, "1152921504606846976"),
        ({"deep": 2 / 3}, '{\n    "deep": 0.666667\n  }'),
    ],
)
def test_metrics_keep_six_decimals_and_every_digit_of_a_count(
    tmp_path: Path, value: object, text: str
) -> None:
    files.write_metrics(tmp_path / "a", {"a": value})
    assert (tmp_path / "a").read_text() == f'{{\n  "a": {text}\n}}\n'


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ((1, 1 / 3, "x"), "1,0.333333,x"),
        ((1234567, 1234567.0, ""), "1234567,1.23457e+06,"),
        ((0, 1e-9, 'a "b", c'), '0,1e-09,"a ""b"", c"'),
        ((0, 2.0, "ü\n"), r"0,2,ü\n"),
        ((-1, -0.5, "=1+1"), "-1,-0.5,'=1+1"),
        ((1, 0.5, "<script>"), r"1,0.5,\u003cscript>"),
    ],
)
def test_a_table_has_six_digits_and_unix_lines(
    tmp_path: Path, row: Iterable[object], line: str
) -> None:
    files.write_csv(tmp_path / "a", ("n", "share", "name"), [row])
    assert (tmp_path / "a").read_bytes() == f"n,share,name\n{line}\n".encode()


def test_a_table_without_rows_has_its_header(tmp_path: Path) -> None:
    files.write_csv(tmp_path / "a", ("n", "share"), [])
    assert (tmp_path / "a").read_bytes() == b"n,share\n"
