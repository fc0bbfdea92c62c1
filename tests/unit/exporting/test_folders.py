"""Every format that promises it is the same bytes in every folder and process."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

CODE = """
import sys
from hashlib import sha256
from typing import get_args
from exports import DATA, PARAMS, warm
from stages.exporting import conversion
from stages.exporting.formats import FormatName
from stages.world import World
import torch
params = PARAMS.model_copy(
    update={
        "formats": tuple(name for name in get_args(FormatName) if name != "aoti"),  # of a machine
        "with_resizing": True,
    }
)
for one in conversion.convert_all(warm(), DATA, params, World(torch.device("cpu"))):
    for path, content in one.files.items():
        print(path, sha256(content).hexdigest())
"""
ROOT = Path.cwd()


def exporting(folder: Path, seed: str) -> subprocess.Popen[str]:
    """Export with a copy of the code in a folder, and print the sums of the files."""
    places = [folder, folder / "tests", folder / "tests/unit/exporting"]
    places[-1].mkdir(parents=True)
    for name in ("stages", "reprise"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("params.yaml", "tests/toys.py", "tests/unit/exporting/exports.py"):
        shutil.copy(ROOT / name, folder / name)
    path = os.pathsep.join(map(str, places))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", CODE]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def test_two_folders_two_processes_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "a longer näme" / "b"
    first.mkdir()
    second.mkdir(parents=True)
    with exporting(first, "1") as one, exporting(second, "2") as two:
        sums, others = one.communicate()[0], two.communicate()[0]
    assert len(sums.splitlines()) == 11
    assert sha256(b"").hexdigest() not in sums
    assert others == sums
