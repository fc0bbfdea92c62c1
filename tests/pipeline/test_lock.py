"""`make lock` compares dvc.lock with the code; what `dvc status` says is put in its place here."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path("Makefile").resolve()
ABSENT = "train:\n\tchanged deps:\n\t\tdeleted:            data/splits"
MODIFIED = f"{ABSENT}\n\t\tmodified:           stages/training"


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize(
    ("status", "code", "complaint"),
    [
        ("Data and pipelines are up to date.", 0, ""),
        (ABSENT, 0, ""),
        (MODIFIED, 0, "dvc.lock is older than this code"),
        ("", 255, "dvc status failed"),
        (ABSENT, 255, "dvc status failed"),
    ],
)
def test_lock_passes_only_where_dvc_finds_no_change(
    status: str, code: int, complaint: str, tmp_path: Path
) -> None:
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    dvc = programs / "dvc"
    dvc.write_text(f"#!/bin/sh\nprintf '%s\\n' '{status}'\nexit {code}\n")
    dvc.chmod(0o755)
    command = ["make", "-C", str(tmp_path), "-f", str(MAKEFILE), "-o", ".venv/installed", "lock"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is (complaint == "")
    assert complaint in done.stdout
