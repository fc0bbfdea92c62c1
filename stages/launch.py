"""Run a stage: check the versions before it, and record the machine after it."""

import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from stages import errors, files, processor, versions
from stages.errors import UserError

RECORDS = Path("metrics/environment")


def run(main: Callable[[], None]) -> None:
    """Run a stage; an error that the user can mend becomes one message and exit code 1."""
    errors.run(partial(_run, main))


def _run(main: Callable[[], None]) -> None:
    """Refuse other versions than those in versions.yaml under DVC; by hand, only warn.

    DVC records versions.yaml in dvc.lock, and its run cache returns the result wherever the file is
    the same; a stage run by hand records nothing.

    Raises:
        UserError: the stage runs under DVC with other versions.
    """
    stage = os.environ.get("DVC_STAGE")
    if found := versions.mismatches():
        if stage:
            raise UserError("\n".join(found))
        print(*found, sep="\n", file=sys.stderr)
    main()
    if stage:
        record(stage)


def record_path(stage: str) -> Path:
    """Return the path of the record of a stage."""
    return RECORDS / f"{stage}.json"


def record(stage: str) -> None:
    """Record the machine of this process, with the settings of torch if it is loaded."""
    torch = sys.modules.get("torch")
    files.write_json(record_path(stage), _machine() | (_tensors(torch) if torch else {}))


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
        "device": torch.cuda.get_device_name() if cuda else "mps" if apple else "cpu",
        "cuda": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}" if cuda else "none",
        "cpu_kernels": processor.kernels(torch.backends.cpu.get_cpu_capability()),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
    }
