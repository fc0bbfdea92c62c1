import os
from pathlib import Path

import pytest

from reprise import capacity
from reprise.capacity import free_memory

STATISTICS = (
    "anon 5\nactive_file {0}\ninactive_file 20\ntotal_active_file {0}\ntotal_inactive_file 20\n"
)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the machine has 1,000 kB to give, and no control groups."""
    monkeypatch.setattr(capacity, "PROC", tmp_path / "proc")
    monkeypatch.setattr(capacity, "MOUNT", tmp_path / "groups")
    write(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:   1000 kB\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def group(folder: Path, limit: str, used: int = 100, cached: int = 30) -> None:
    """Write the files of a control group, of both versions."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        write(folder / name, f"{limit}\n")
    for name in ("memory.current", "memory.usage_in_bytes"):
        write(folder / name, f"{used}\n")
    write(folder / "memory.stat", STATISTICS.format(cached))


def test_without_limits_it_is_what_the_machine_has(machine: Path) -> None:
    assert free_memory() == 1_024_000
    (machine / "proc/meminfo").unlink()
    assert free_memory() > 10**8


def test_without_linux_there_are_cores_and_memory(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = capacity.main_memory()
    (machine / "proc/meminfo").unlink()
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.delattr(os, "sysconf")
    assert capacity.cores() == os.cpu_count()
    assert capacity.main_memory() == pytest.approx(whole, rel=0.01)
    assert 0 < free_memory() <= whole


@pytest.mark.parametrize(("line", "mount"), [("0::/a/b", ""), ("4:cpu,memory:/a/b", "memory")])
def test_the_tightest_group_around_counts_and_cached_files_are_free(
    machine: Path, line: str, mount: str
) -> None:
    write(machine / "proc/self/cgroup", f"9:pids:/x\n{line}\n")
    groups = machine / "groups" / mount
    group(groups / "a/b", "max" if not mount else str(2**63 - 4096))
    assert free_memory() == 1_024_000
    group(groups / "a", "500")
    assert free_memory() == 500 - 100 + 30 + 20
    group(groups, "90")
    assert free_memory() == 40
    group(groups, "90", used=200, cached=0)
    assert free_memory() == 0


def test_a_path_outside_the_container_leads_to_its_root(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/docker/4f\n")
    group(machine / "groups", "400")
    assert free_memory() == 350
