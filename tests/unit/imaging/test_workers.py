"""Processes that decode, killed for good: what is left of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# A stage in small: it has processes that wait for work, says who they are, and waits.
STAGE = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver, get_context
from os import getpid
from stages.imaging import pool as workers

def busy(seconds):
    time.sleep(seconds)
    return getpid()

if __name__ == "__main__":
    context = get_context("forkserver")
    context.set_forkserver_preload(["stages.imaging.pool"])
    with ProcessPoolExecutor(2, context, initializer=workers.start_worker) as pool:
        known = sorted(set(pool.map(busy, [0.3, 0.3])))
        server = forkserver._forkserver._forkserver_pid
        waiting = [pool.submit(busy, float(sys.argv[1])) for _ in range(9)]
        print(server, *known, flush=True)
        time.sleep(600)
"""
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="asks Linux who is alive")
Stage = subprocess.Popen[str]


def alive(process: int) -> bool:
    """Say whether a process runs; one that has ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Stage, list[int]]]:
    """Start the stage, whose processes are idle or busy; yield it and them, the server first."""
    script = tmp_path / "stage.py"
    script.write_text(STAGE)
    stage = subprocess.Popen(
        [sys.executable, str(script), request.param],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert stage.stdout
    known = [int(word) for word in stage.stdout.readline().split()]
    yield stage, known
    for process in [stage.pid, *known]:
        if alive(process):
            os.kill(process, signal.SIGKILL)
    stage.communicate()


@pytest.mark.parametrize("started", ["0", "500"], indirect=True, ids=["idle", "busy"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_stage(
    started: tuple[Stage, list[int]], how: signal.Signals
) -> None:
    stage, known = started
    assert len(known) >= 2
    assert all(map(alive, known))
    stage.send_signal(how)
    stage.wait()
    deadline = time.monotonic() + 60
    while any(map(alive, known)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [process for process in known if alive(process)]
