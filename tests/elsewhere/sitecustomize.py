"""Take from a Python process what Windows lacks; with this folder on PYTHONPATH, from all of them.

The modules of the project see `os`, `signal`, `select` and `sys` as Windows has them. Whatever is
open cannot be moved or deleted, links are not allowed, names must be possible there, and to read
or write text without naming its encoding is an error.
"""

import builtins
import os
import stat
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from types import FrameType, ModuleType
from typing import Any

OURS = ("reprise", "stages", "tools")
LACKING = {
    "os": {
        "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fork",
        "forkpty", "getgid", "geteuid", "getloadavg", "getpgid", "getuid", "killpg", "mkfifo",
        "nice", "posix_fadvise", "posix_fallocate", "pread", "preadv", "pwrite", "readv",
        "sched_getaffinity", "sched_setaffinity", "setsid", "statvfs", "sysconf", "uname", "wait4",
    },
    "signal": {"SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "alarm", "pthread_sigmask", "setitimer"},
    "select": {"poll", "epoll", "kqueue"},
    "sys": {"getandroidapilevel"},
}  # fmt: skip
ABSENT = {"fcntl", "grp", "pwd", "resource", "termios", "pty", "syslog"}
ODD = set('<>:"|?*')


class _Seen(ModuleType):
    """A module as it is on Windows."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        object.__setattr__(self, "real", real)

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        real = object.__getattribute__(self, "real")
        if name in LACKING[real.__name__]:
            raise AttributeError(f"Windows has no {real.__name__}.{name}")
        if (real.__name__, name) == ("sys", "platform"):
            return "win32"
        return getattr(real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(object.__getattribute__(self, "real"), name, value)


SEEN = {name: _Seen(__import__(name)) for name in LACKING}
real_import = builtins.__import__


def _is_ours(names: Mapping[str, object] | None) -> bool:
    spec = (names or {}).get("__spec__")
    name = getattr(spec, "name", None) or (names or {}).get("__name__") or ""
    return str(name).partition(".")[0] in OURS


def _import(name: str, *rest: Any, **named: Any) -> ModuleType:  # noqa: ANN401
    """Import as `__import__` does; ours get what Windows has."""
    given = dict(zip(("globals", "locals", "fromlist", "level"), rest, strict=False)) | named
    if not given.get("level") and _is_ours(given.get("globals")):
        if name in ABSENT:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        if name in SEEN:
            return SEEN[name]
    return real_import(name, *rest, **named)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"os.rename", "os.remove", "os.rmdir"}:
        half = len(arguments) // 2  # paths, then the folders in which they are
        paths = [_absolute(*pair) for pair in zip(arguments[:half], arguments[half:], strict=True)]
        if _is_temporary(sys._getframe()):
            return
        if held := _open_in(paths):
            raise PermissionError(13, f"[WinError 32] in use: {held}", str(paths[0]))
        if event != "os.rmdir" and _is_protected(paths[-1]):
            raise PermissionError(13, "[WinError 5] Access is denied", str(paths[-1]))
    elif event == "os.symlink":
        raise OSError(1314, "A required privilege is not held by the client", str(arguments[1]))
    elif event in {"open", "os.mkdir"} and isinstance(arguments[0], str | os.PathLike):
        _check_name(Path(os.fsdecode(arguments[0])))


def _absolute(path: str | bytes, folder: int) -> Path:
    base = Path.cwd() if folder == -1 else Path(f"/proc/self/fd/{folder}").readlink()
    return base / os.fsdecode(path)


def _is_protected(path: Path) -> bool:
    """Return whether a file may not be written, and so, on Windows, not be deleted."""
    return path.is_file() and not path.is_symlink() and not path.stat().st_mode & stat.S_IWUSR


def _check_name(path: Path) -> None:
    """Refuse a name that no file of Windows can have; below the folder in which this runs."""
    inner = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    if inner.is_absolute():
        return
    for part in inner.parts:
        ends = part not in {".", ".."} and part.endswith((".", " "))
        if ODD & {*part} or ends or PureWindowsPath(part).is_reserved():
            raise OSError(123, "The filename, directory name or label is incorrect", str(path))


def _open_in(paths: Sequence[Path]) -> str | None:
    """Return a file that this process has open, or mapped, at some paths or below them."""
    wanted = [str(path) for path in paths]
    held = {os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()}
    mapped = Path("/proc/self/maps").read_text("utf-8").splitlines()
    held |= {line.split(maxsplit=5)[5] for line in mapped if "/" in line}
    return next(
        (each for each in held for path in wanted if each == path or each.startswith(f"{path}/")),
        None,
    )


def _is_temporary(frame: FrameType | None) -> bool:
    """Return whether Python's tempfile asks, which on Windows has the system delete its files."""
    while frame is not None:
        if frame.f_globals.get("__name__") == "tempfile":
            return True
        frame = frame.f_back
    return False


builtins.__import__ = _import
for module in OURS:
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"{module}\b")
sys.addaudithook(_audit)
