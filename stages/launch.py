"""Start and end a stage: check the stated versions, record the machine in metrics/environment."""

import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from stages import errors, files, versions
from stages.errors import UserError

RECORDS = Path("metrics/environment")


def record_path(stage: str) -> Path:
    """Return where the record of a stage is."""
    return RECORDS / f"{stage}.json"


def record(stage: str) -> None:
    """Write what this process runs on; of torch only in a stage that has loaded it."""
    torch = sys.modules.get("torch")
    files.write_json(record_path(stage), _machine() | (_tensors(torch) if torch else {}))


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


def run(main: Callable[[], None]) -> None:
    """Run a stage; a user's mistake becomes one message and exit code 1, without a traceback."""
    errors.run(partial(_run, main))


def _run(main: Callable[[], None]) -> None:
    """Refuse under DVC, and only warn by hand, where the versions are not those stated.

    DVC enters versions.yaml into dvc.lock as what made the result, and the run cache hands the
    result to whoever states the same; a stage run by hand tells nobody so.

    Raises:
        UserError: the stage runs under DVC in other versions.
    """
    stage = os.environ.get("DVC_STAGE")
    if found := versions.mismatches():
        if stage:
            raise UserError("\n".join(found))
        print(*found, sep="\n", file=sys.stderr)
    main()
    if stage:
        record(stage)
