import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from stages import runtime

GPUS = ("GPU-a", "GPU-b")
CLAIM = "import sys; from stages import runtime; "
CLAIM += "print(runtime.claim(('GPU-a', 'GPU-b')), flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the locks lie in a folder of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    runtime.claim.cache_clear()
    return tmp_path


def test_each_process_takes_a_free_one_and_then_they_share(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLAIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "0\n"
        assert runtime.claim(GPUS) == 1
        assert runtime.claim(GPUS) == 1, "it is this process's already"
        runtime.claim.cache_clear()
        assert runtime.claim(GPUS) in {0, 1}
        assert "other runs have all 2 GPUs: this one shares number" in capsys.readouterr().err
        other.kill()
    runtime.claim.cache_clear()
    assert runtime.claim(GPUS) == 0


def test_where_no_lock_can_be_written_they_share(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "file"))
    assert runtime.claim(GPUS) in {0, 1}
    assert "cannot be written" in capsys.readouterr().err


def test_of_several_gpus_it_takes_a_free_one_as_the_current(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid=GPUS[index])
    )
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    assert runtime.gpu() == torch.device("cuda", 0)
    assert chosen == [0]


def test_the_only_one_needs_no_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert runtime.gpu() == torch.device("cuda")
    assert not list(folder.iterdir())
