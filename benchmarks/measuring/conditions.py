"""The conditions under which something is measured: this machine, these versions, this code."""

import os
import platform
from hashlib import sha256
from pathlib import Path

from benchmarks.measuring.measured import Conditions
from reprise.capacity import cores
from stages import processor, versions

PACKAGES = ("torch", "torchvision", "timm", "dvc", "numpy")
CODE = ("benchmarks", "recipes", "reprise", "stages", "tools")
BESIDE = ("dvc.yaml", "params.yaml", "versions.yaml")
DIGITS = 8  # of the checksum
TUNING = ("DNNL_", "GOMP_", "KMP_", "MKL_", "OMP_", "ONEDNN_")  # variables that change speed


def here(*, quick: bool) -> Conditions:
    """Return the conditions of what is measured now."""
    found = {name: versions.of(name).partition("+")[0] for name in PACKAGES}
    return Conditions(
        processor=processor.model(),
        cores=cores(),
        versions={"python": platform.python_version(), **found},
        code=checksum(Path()),
        quick=quick,
    )


def usual_threads() -> None:
    """Take from all ways alike what this shell says of threads and kernels: most have nothing."""
    for name in [name for name in os.environ if name.startswith(TUNING)]:
        del os.environ[name]


def checksum(root: Path) -> str:
    """Return the first digits of a checksum of all code and parameters."""
    code = (path for folder in CODE for path in (root / folder).rglob("*.[py]*") if _counts(path))
    known = sha256()
    for path in sorted([*code, *(root / name for name in BESIDE)]):
        known.update(f"{path.relative_to(root).as_posix()}\0".encode())
        known.update(path.read_bytes())
    return known.hexdigest()[:DIGITS]


def _counts(path: Path) -> bool:
    return path.suffix in {".py", ".yaml"} and path.is_file()
