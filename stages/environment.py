"""On what a stage was computed, kept in metrics/environment: in Git, and no output of DVC.

As an output it would make equal results differ in dvc.lock; ignored by Git it would not reach
the colleague whose `make verify` explains with it why a result came out otherwise.
"""

import platform
import sys
from pathlib import Path
from types import ModuleType

from stages import files, versions

FOLDER = Path("metrics/environment")


def path(stage: str) -> Path:
    """Return where the record of a stage is."""
    return FOLDER / f"{stage}.json"


def record(stage: str) -> None:
    """Write what this process runs on; of torch only in a stage that has loaded it."""
    torch = sys.modules.get("torch")
    files.write_json(path(stage), _machine() | (_tensors(torch) if torch else {}))


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "dvc": versions.of("dvc"),
        "reprise": versions.of("reprise"),
    }


def _tensors(torch: ModuleType) -> dict[str, object]:
    cuda = torch.cuda.is_initialized()
    apple = torch.mps.is_available() and torch.mps.driver_allocated_memory() > 0
    return {
        "torch": torch.__version__,  # with the build
        "torchvision": versions.of("torchvision"),
        "device": torch.cuda.get_device_name() if cuda else "mps" if apple else "cpu",
        "cuda": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}" if cuda else "none",
        "cpu_kernels": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
    }


def _cpu() -> str:
    """Return the model of the processor, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
