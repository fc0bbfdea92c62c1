"""Format AOTInductor: compiled for this kind of processor; needs a C++ compiler.

Its bytes are those of the compiler, and differ from machine to machine.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from reprise.metadata import KEY
from stages import runtime
from stages.exporting.inference import Job, Outputs, collect


def convert(job: Job) -> bytes:
    """Return a package with a shared library and the weights."""
    from torch._inductor import aoti_compile_and_package  # noqa: PLC0415  # takes a second

    runtime.start_compiler()
    with tempfile.TemporaryDirectory() as folder:
        path = aoti_compile_and_package(
            job.program,
            package_path=f"{folder}/model.pt2",
            inductor_configs={"aot_inductor.metadata": {KEY: job.description}},
        )
        return Path(path).read_bytes()


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Return what the library computes on the CPU."""
    from torch._inductor import aoti_load_package  # noqa: PLC0415  # likewise

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pt2"
        path.write_bytes(model)
        compiled = aoti_load_package(str(path))
        with torch.inference_mode():
            return collect(compiled(images) for images in batches)
