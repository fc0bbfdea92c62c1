import errno
import fcntl
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from stages import locks
from stages.errors import UserError

HOLD = "import sys; from pathlib import Path; from stages import locks; "
HOLD += "print(locks.take(Path(sys.argv[1])), flush=True); sys.stdin.read()"


def test_what_another_process_has_is_not_taken_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert not locks.take(path)
        assert locks.take(tmp_path / "locks" / "other")
        holder.kill()
    assert locks.take(path)


def _count(path: Path) -> None:
    for _ in range(50):
        with locks.alone(path):
            path.write_text(str(int(path.read_text()) + 1))


def test_processes_enter_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    started = [get_context("fork").Process(target=_count, args=(path,)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert path.read_text() == "150"


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match=r"file/state.pt: cannot be written: .*mend the permissions"),
        locks.alone(tmp_path / "file" / "state.pt"),
    ):
        pass


def test_what_this_process_has_it_does_not_take_again(tmp_path: Path) -> None:
    assert locks.take(tmp_path / "one")
    assert not locks.take(tmp_path / "one")


def test_a_lock_that_is_left_by_nobody_is_free(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("12345")  # the file stays; the lock is the system's
    assert locks.take(tmp_path / "one")


def test_the_lock_of_a_file_system_without_locks_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with pytest.raises(UserError, match="Function not implemented"), locks.alone(tmp_path / "a"):
        pass
