"""On which machine a result was computed: metrics/environment/<stage>.json.

It is in Git, and no output of DVC: equal results stay equal. A record stays while its stage gives
what dvc.lock has, whatever computes it: a clone that gets the same result has nothing to commit.
"""

import hashlib
import json
import platform
import sys
from pathlib import Path
from types import ModuleType

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages import files, processor, versions

RECORDS = Path("metrics/environment")
LOCK = Path("dvc.lock")


def record_path(stage: str) -> Path:
    """Return the path of the record of a stage."""
    return RECORDS / f"{stage}.json"


def record(stage: str) -> None:
    """Record the machine of this process, with the settings of torch if it is loaded."""
    torch, path = sys.modules.get("torch"), record_path(stage)
    told = _machine() | (_tensors(torch) if torch else {})
    # The hashes are only computed where the record would change.
    if not path.exists() or (_read(path) != told and not is_locked(stage)):
        files.write_json(path, told)


def is_locked(stage: str) -> bool:
    """Return whether the outputs of a stage have the hashes that dvc.lock says."""
    try:
        outs = YAML(typ="safe").load(LOCK.read_text(encoding="utf-8"))["stages"][stage]["outs"]
        return all(_hash(Path(out["path"])) == out["md5"] for out in outs)
    except (OSError, YAMLError, ValueError, LookupError, TypeError):  # no lock, or a damaged one
        return False


def digest(path: Path) -> str:
    """Return the MD5 of a file, which is its name in DVC's cache."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _hash(path: Path) -> str:
    """Return the hash that DVC gives a file, or a folder: that of the list of its files."""
    if not path.is_dir():
        return digest(path)
    names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
    listed = [{"md5": digest(path / name), "relpath": name} for name in names]
    return f"{hashlib.md5(json.dumps(listed).encode(), usedforsecurity=False).hexdigest()}.dir"


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # a merge by hand leaves anything
        return None


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": processor.model(),
        "dvc": versions.of("dvc"),
        "reprise": versions.of("reprise"),
    }


def _tensors(torch: ModuleType) -> dict[str, object]:
    cuda = torch.cuda.is_initialized()
    apple = torch.mps.is_available() and torch.mps.driver_allocated_memory() > 0
    return {
        "torch": torch.__version__,  # with the build
        "torchvision": versions.of("torchvision"),
        "timm": versions.of("timm"),
        "device": torch.cuda.get_device_name() if cuda else "mps" if apple else "cpu",
        "cuda": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}" if cuda else "none",
        "cpu_kernels": processor.kernels(torch.backends.cpu.get_cpu_capability()),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
    }
