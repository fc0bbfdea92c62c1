"""Count the cores, and the bytes of main memory, that this process may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROC, MOUNT = Path("/proc"), Path("/sys/fs/cgroup")


class ControlGroup(NamedTuple):
    """The files of a control group, by the version of the interface."""

    limit: str
    used: str
    cached: tuple[str, ...]  # of memory.stat: pages of files, which the kernel drops on need


VERSIONS = {
    "": ControlGroup("memory.max", "memory.current", ("active_file", "inactive_file")),
    "memory": ControlGroup(
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
}


def cores() -> int:
    """Count the cores that this process may use, which are not always all of the machine."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main_memory() -> int:
    """Return the bytes of main memory that the machine has."""
    if hasattr(os, "sysconf"):  # not on Windows
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    import psutil  # noqa: PLC0415 - of the pipeline, which the predictor is used without

    return int(psutil.virtual_memory().total)


def free_memory() -> int:
    """Return the bytes that this process may still take, cached files being no hindrance."""
    return min([_machine(), *_groups()])


def _machine() -> int:
    try:
        text = (PROC / "meminfo").read_text(encoding="utf-8")
        return 1024 * int(text.split("MemAvailable:")[1].split()[0])
    except (OSError, IndexError):  # not Linux
        import psutil  # noqa: PLC0415 - as above

        return int(psutil.virtual_memory().available)


def _groups() -> Iterator[int]:
    """Yield what each limit leaves: of the groups of this process, and those around them."""
    try:
        lines = (PROC / "self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for name in {"", "memory"}.intersection(controllers.split(",")):
            folder = MOUNT / name / path.lstrip("/")
            for one in (folder, *folder.parents):
                if one.is_relative_to(MOUNT):
                    yield from _left(one, VERSIONS[name])


def _left(folder: Path, group: ControlGroup) -> Iterator[int]:
    """Yield what the limit of a group leaves, if it has one."""
    try:
        limit, used, statistics = (
            (folder / name).read_text(encoding="utf-8")
            for name in (group.limit, group.used, "memory.stat")
        )
    except OSError:  # in a container, paths may be those outside it
        return
    if limit.strip() != "max":
        pages = dict(line.split() for line in statistics.splitlines())
        cached = sum(int(pages.get(name, 0)) for name in group.cached)
        yield max(0, int(limit) - int(used) + cached)
