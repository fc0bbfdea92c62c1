"""Decoding on a Dask cluster: the same bytes as here, and one line for all that can go wrong."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import deaths
import numpy as np
import pytest
from distributed import Client, LocalCluster
from test_parting import make, published, tree
from test_pool import EVERY, PARAMS, groups, same

import stages.imaging
from stages.artifacts.raw import Published, RowGroup
from stages.errors import UserError
from stages.imaging import cluster, parting, pool, scheduler, worker
from stages.imaging.cluster import Cluster
from stages.imaging.engine import SCHEDULER
from stages.imaging.pool import decode_groups
from stages.imaging.row_group import DecodedGroup
from stages.imaging.thumbnailing import decode_thumbnails

ROOT = Path(__file__).parents[3]
__all__ = ["groups", "published"]  # fixtures


@contextmanager
def started(workers: int) -> Iterator[LocalCluster]:
    """Start a scheduler and workers, all in this process; they talk as those of machines do."""
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as made:
        yield made


@pytest.fixture(scope="module")
def four() -> Iterator[LocalCluster]:
    with started(4) as made:
        yield made


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOOK", 0.1)
    monkeypatch.setattr(scheduler, "CONNECT", 20.0)


@pytest.fixture
def address(four: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the stage decode on the cluster; return where it is."""
    monkeypatch.setenv(SCHEDULER, four.scheduler_address)
    return str(four.scheduler_address)


@pytest.fixture
def expected(groups: list[RowGroup]) -> list[DecodedGroup]:
    """Return what the pool of this machine makes of the groups."""
    return list(decode_groups(groups, PARAMS, EVERY))


def complaint(groups: list[RowGroup]) -> str:
    with pytest.raises(UserError) as caught:
        list(decode_groups(groups, PARAMS, EVERY))
    message = str(caught.value)
    assert "\n" not in message
    return message


def left(four: LocalCluster) -> int:
    """Return how many tasks a scheduler has, once it has had time to forget them."""
    there: Any = four.scheduler
    deadline = time.monotonic() + 30
    while there.tasks and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(there.tasks)


@pytest.mark.usefixtures("address")
def test_workers_give_what_the_pool_gives(
    expected: list[DecodedGroup], groups: list[RowGroup], four: LocalCluster
) -> None:
    assert same(list(decode_groups(groups, PARAMS, EVERY)), expected)
    assert not left(four)


@pytest.mark.usefixtures("address")
def test_images_are_sent_to_workers_that_do_not_see_the_files(
    expected: list[DecodedGroup],
    groups: list[RowGroup],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(worker, "sees", blind)
    assert same(list(decode_groups(groups, PARAMS, EVERY)), expected)
    assert capsys.readouterr().err == f"{cluster.SENT}\n"


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize("seen", [True, False])
def test_workers_make_the_thumbnails_that_the_pool_makes(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch, *, seen: bool
) -> None:
    if not seen:
        monkeypatch.setattr(worker, "sees", blind)
    found = decode_thumbnails(groups, PARAMS)
    monkeypatch.delenv(SCHEDULER)
    assert np.array_equal(found, decode_thumbnails(groups, PARAMS))


def blind(_: object) -> bool:
    return False


@pytest.mark.usefixtures("address")
def test_what_a_user_stops_leaves_no_task_behind(
    groups: list[RowGroup], four: LocalCluster
) -> None:
    decoded: Any = decode_groups(groups, PARAMS, EVERY)
    next(decoded)
    with pytest.raises(KeyboardInterrupt):
        decoded.throw(KeyboardInterrupt)
    assert not left(four)


@pytest.mark.usefixtures("address")
def test_a_damaged_file_is_named(groups: list[RowGroup]) -> None:
    path = groups[0].file
    path.write_bytes(path.read_bytes()[:500])
    assert complaint(groups).startswith(f"{path}: cannot be read (")


@pytest.mark.usefixtures("address")
def test_a_file_that_a_worker_sees_otherwise_than_the_stage_is_named(
    groups: list[RowGroup],
) -> None:
    decoded = decode_groups(groups * 9, PARAMS, EVERY)
    next(decoded)
    os.utime(groups[0].file, (0, 0))
    with pytest.raises(UserError) as caught:
        list(decoded)
    assert str(caught.value).startswith("worker tcp://127.0.0.1:")
    assert str(caught.value).endswith(f"{groups[0].file} {worker.UNSEEN}")


def unlike() -> dict[str, str]:
    """Return other versions to workers than to the stage."""
    if threading.current_thread() is threading.main_thread():
        return {"numpy": "2.0", "Pillow's webp": "1.6.0"}
    return {"numpy": "2.0", "Pillow's webp": "1.5.0"}


@pytest.mark.parametrize("late", [False, True], ids=["from the start", "late"])
@pytest.mark.usefixtures("address")
def test_a_worker_with_another_codec_is_refused_whenever_it_joins(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    monkeypatch.setattr(worker, "software", unlike)
    if late:
        monkeypatch.setattr(Cluster, "agree", lambda *_: None)
    found = complaint(groups)
    assert found.startswith("worker tcp://127.0.0.1:")
    assert f": Pillow's webp is 1.5.0, here 1.6.0; {worker.START}" in found


def broken() -> dict[str, str]:
    raise ModuleNotFoundError("No module named 'stages'")


def test_software_names_code_libraries_and_codecs() -> None:
    found = worker.software()
    assert {"this project's code", "Python", "numpy", "pillow", "Pillow's jpg"} <= found.keys()
    assert not worker.differences(found, found)
    assert worker.differences({}, {"numpy": "2.0"}) == "numpy is none, here 2.0"


def exhausted(*_: object) -> None:
    raise MemoryError("no 9 GiB")


@pytest.mark.parametrize(
    ("module", "name", "function", "message"),
    [
        (worker, "software", broken, "cannot run this code (No module named 'stages'); start it"),
        (pool, "decode_group", exhausted, "memory has run out (no 9 GiB)"),
    ],
)
@pytest.mark.usefixtures("address")
def test_a_worker_that_fails_is_named(
    module: ModuleType,
    name: str,
    function: Callable[..., object],
    message: str,
    groups: list[RowGroup],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, function)
    found = complaint(groups)
    assert found.startswith("worker tcp://127.0.0.1:")
    assert message in found


def test_a_scheduler_of_another_version_is_refused(
    groups: list[RowGroup], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def versions(_: Client) -> dict[str, object]:
        here = {"python": "3.11.7.final.0", "dask": "2026.8.0", "distributed": "2026.8.0"}
        return {"client": {"packages": here}, "scheduler": {"packages": here | {"dask": "2025.1"}}}

    monkeypatch.setattr(Client, "get_versions", versions)
    found = complaint(groups)
    assert found == f"the scheduler at {address}: dask is 2025.1, here 2026.8.0; {worker.START}"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("tcp://127.0.0.1:1", "Timed out"),
        ("somewhere", "missing port"),
        ("tls://127.0.0.1:1", "certificate"),
        ("foo://a:1", "foo"),
    ],
)
def test_a_scheduler_that_is_not_reached_is_named(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch, place: str, reason: str
) -> None:
    monkeypatch.setenv(SCHEDULER, place)
    monkeypatch.setattr(scheduler, "CONNECT", 0.3)
    found = complaint(groups)
    assert found.startswith(f"'{place}' ({SCHEDULER}) is no scheduler that answers within 0.3 s (")
    assert reason in found


def test_without_dask_the_extra_is_named(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SCHEDULER, "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    for name in ("scheduler", "cluster", "worker"):
        monkeypatch.delattr(stages.imaging, name)
        monkeypatch.delitem(sys.modules, f"stages.imaging.{name}")
    assert "Dask is not installed" in (found := complaint(groups))
    assert "unset it, or `make install EXTRAS=cluster`" in found


def test_a_cluster_that_no_worker_joins_ends_the_stage(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "JOIN", 0.3)
    with started(0) as empty:
        monkeypatch.setenv(SCHEDULER, empty.scheduler_address)
        assert "has had no worker for 0.3 s; start some" in complaint(groups)


def test_a_scheduler_that_ends_is_reported(
    groups: list[RowGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(1) as made:
        monkeypatch.setenv(SCHEDULER, made.scheduler_address)
        decoded = decode_groups(groups, PARAMS, EVERY)
        next(decoded)
    with pytest.raises(UserError, match=r"\): the scheduler was lost; start it and its workers"):
        list(decoded)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, published: Published, tmp_path: Path) -> Path:
    """Return splits in parts of 5 images or more, as the pool of this machine makes them."""
    monkeypatch.setattr(parting, "WHOLE_BYTES", 0)
    monkeypatch.setattr(parting, "PART_BYTES", 5 * 4 * 5 * 3)
    make(tmp_path / "expected", published)
    return tmp_path / "expected"


@pytest.mark.parametrize("shared", ["all", "raw", "nothing"])
def test_parts_are_the_same_whoever_writes_them(
    parts: Path,
    published: Published,
    four: LocalCluster,
    shared: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(SCHEDULER, four.scheduler_address)
    monkeypatch.setattr(
        worker, "sees", {"all": worker.sees, "raw": parquet, "nothing": blind}[shared]
    )
    make(tmp_path / "splits", published)
    assert tree(tmp_path / "splits") == tree(parts)
    said = {"all": "", "raw": f"{cluster.WRITTEN}\n", "nothing": f"{cluster.SENT}\n"}
    assert capsys.readouterr().err.startswith(said[shared])


def parquet(files: list[worker.Seen]) -> bool:
    return all(file.path.suffix == ".parquet" for file in files)


@contextmanager
def processes(address: str, count: int, mark: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start worker processes, and wait until they have joined."""
    command = [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--no-dashboard"]
    command += ["--nthreads", "1", "--host", "127.0.0.1", "--local-directory", str(mark.parent)]
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", deaths.MARK: str(mark)}
    made = [
        subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(count)
    ]
    try:
        yield made
    finally:
        for process in made:
            process.kill()
            process.wait()


def test_killed_workers_change_nothing_and_images_that_kill_several_are_named(
    parts: Path,
    published: Published,
    expected: list[DecodedGroup],
    groups: list[RowGroup],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started(0) as made:
        monkeypatch.setenv(SCHEDULER, made.scheduler_address)
        with processes(made.scheduler_address, 5, tmp_path / "died") as workers:
            made.wait_for_workers(5)
            monkeypatch.setattr(parting, "write_part", deaths.halfway)
            make(tmp_path / "splits", published)
            assert tree(tmp_path / "splits") == tree(parts)
            (tmp_path / "died").unlink()  # which says that one did
            monkeypatch.setattr(pool, "decode_group", deaths.once)
            assert same(list(decode_groups(groups, PARAMS, EVERY)), expected)
            assert sum(worker.poll() is not None for worker in workers) == 2
            there: Any = made.scheduler
            there.allowed_failures = 0
            monkeypatch.setattr(pool, "decode_group", deaths.always)
            found = complaint(groups)
            assert found.startswith("train-00000-of-00001.parquet: 20.png to 23.png: 2 workers")
            monkeypatch.setattr(pool, "decode_group", deaths.once)
            assert same(list(decode_groups(groups, PARAMS, EVERY)), expected)  # one is left
