"""Remotes and caches that fail: what the user reads, and that nothing is lost."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from colleagues import commit, damage, digest, forget, move_storage, objects
from conftest import Clone
from servers import Server

CLASSIFIER = "models/classifier.safetensors"
needs_sshd = pytest.mark.skipif(servers.SSHD is None, reason="openssh-server is not installed")


@pytest.fixture
def pushed(reproduced: Clone, tmp_path: Path) -> Clone:
    """Return a clone that pushed all to the folder `remote`."""
    move_storage(reproduced, Server(str(tmp_path / "remote"), {}, {}))
    commit(reproduced, "Run")
    reproduced.run("dvc", "push")
    return reproduced


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.ssh(tmp_path_factory.mktemp("full"), limit=100_000) as server:
        yield server


def cached(clone: Clone) -> dict[str, Path]:
    return objects(clone.root / ".dvc" / "cache")


def recovers(clone: Clone, tmp_path: Path) -> None:
    """The data is whole: from here it goes to another remote, and comes back."""
    clone.run("git", "checkout", "-q", ".dvc/config")
    move_storage(clone, Server(str(tmp_path / "other"), {}, {}))
    clone.run("dvc", "push")
    forget(clone)
    clone.run("dvc", "pull")
    assert "up to date" in clone.run("dvc", "status")


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (
            Server("ssh://127.0.0.1:9/remote", {}, {}),
            "[Errno 111] Connect call failed ('127.0.0.1', 9)",
        ),
        (
            Server(
                "s3://bucket/reprise",
                {"endpointurl": "http://127.0.0.1:9"},
                {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_MAX_ATTEMPTS": "1"},
            ),
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/',
        ),
    ],
    ids=["ssh", "s3"],
)
def test_an_unreachable_remote_is_named(
    reproduced: Clone, tmp_path: Path, server: Server, message: str
) -> None:
    commit(reproduced, "Run")
    move_storage(reproduced, server)
    assert message in reproduced.run("dvc", "push", code=255)
    assert message in reproduced.run("dvc", "pull", code=1)
    recovers(reproduced, tmp_path)


def locked(clone: Clone, out: str) -> str:
    """Return the hash of an output in dvc.lock."""
    lines = (clone.root / "dvc.lock").read_text("utf-8").splitlines()
    start = lines.index(f"    - path: {out}")
    return lines[start + 2].removeprefix("      md5: ")


@needs_sshd
def test_a_full_remote_takes_no_part_of_a_file(
    full: Server, reproduced: Clone, tmp_path: Path
) -> None:
    commit(reproduced, "Run")
    before = {oid: digest(path) for oid, path in cached(reproduced).items()}
    move_storage(reproduced, full)
    assert "files failed to upload" in reproduced.run("dvc", "push", code=1)
    remote = objects(Path(full.url.removeprefix("ssh://team")))
    assert remote
    assert all(digest(path) == oid.removesuffix(".dir") for oid, path in remote.items())
    assert {oid: digest(path) for oid, path in cached(reproduced).items()} == before
    assert f"new:                {CLASSIFIER}" in reproduced.run("dvc", "status", "--cloud")
    recovers(reproduced, tmp_path)


def test_an_object_that_the_remote_lacks_is_named_and_made_again(
    pushed: Clone, tmp_path: Path
) -> None:
    oid = digest(pushed.root / "models/export/model.onnx")
    lost = objects(tmp_path / "remote")[oid]
    lost.unlink()
    forget(pushed)
    assert oid in pushed.run("dvc", "pull", code=1)
    assert "Running stage 'export'" in pushed.run("dvc", "repro")
    # The folder's own object vouches for its files: it must go, too, as docs/remotes.md says.
    assert "Everything is up to date" in pushed.run("dvc", "push")
    objects(tmp_path / "remote")[locked(pushed, "models/export")].unlink()
    pushed.run("dvc", "push")
    assert digest(lost) == oid


def test_a_damaged_object_of_the_remote_never_arrives(pushed: Clone, tmp_path: Path) -> None:
    damage(objects(tmp_path / "remote")[locked(pushed, CLASSIFIER)])
    forget(pushed)
    assert CLASSIFIER in pushed.run("dvc", "pull", code=1)
    assert not (pushed.root / CLASSIFIER).exists()


def test_a_damaged_object_of_the_cache_is_found_by_the_command_of_readme(
    pushed: Clone,
) -> None:
    oid = locked(pushed, CLASSIFIER)
    damage(cached(pushed)[oid])
    assert "\nmake verify-cache ARGS=--remove " in Path("docs/remotes.md").read_text("utf-8")
    check = ("make", "--old-file=.venv/installed", "verify-cache")
    printed = pushed.run(*check, code=2)
    assert f"files/md5/{oid[:2]}/{oid[2:]}: " in printed
    assert f"it is {CLASSIFIER}; " in printed
    assert oid in cached(pushed)
    pushed.run(*check, "ARGS=--remove", code=2)
    assert oid not in cached(pushed)
    pushed.run("dvc", "repro", "--force", "--single-item", "train")
    assert digest(cached(pushed)[oid]) == digest(pushed.root / CLASSIFIER) == oid


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05])
def test_a_killed_push_is_completed_by_the_next(
    reproduced: Clone, tmp_path: Path, seconds: float
) -> None:
    commit(reproduced, "Run")
    move_storage(reproduced, Server(str(tmp_path / "remote"), {}, {}))
    process = reproduced.start("dvc", "push", "--jobs", "1")
    while process.poll() is None and not (tmp_path / "remote").exists():
        time.sleep(0.001)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    reproduced.run("dvc", "push")
    assert "are in sync" in reproduced.run("dvc", "status", "--cloud")
    for oid, path in objects(tmp_path / "remote").items():
        assert digest(path) == oid.removesuffix(".dir")
    forget(reproduced)
    reproduced.run("dvc", "pull")
    assert "up to date" in reproduced.run("dvc", "status")


def test_a_second_process_is_told_who_is_at_work(reproduced: Clone) -> None:
    reproduced.params("  tta: none", "  tta: flip")
    first = reproduced.start("dvc", "repro")
    while "Running stage" not in (first.stdout.readline() if first.stdout else ""):
        assert first.poll() is None
    os.killpg(first.pid, signal.SIGSTOP)  # so that it is still at work, however fast
    try:
        printed = reproduced.run("dvc", "repro", code=255)
    finally:
        os.killpg(first.pid, signal.SIGCONT)
        out, err = first.communicate()
    assert "is busy, it is being blocked by" in printed
    assert f"(PID {first.pid})" in printed
    assert first.returncode == 0, out + err
    assert "up to date" in reproduced.run("dvc", "repro")
