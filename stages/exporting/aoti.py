"""Format AOTInductor: a shared library for this kind of processor; needs a C++ compiler.

The compiler decides about its bytes, which differ from machine to machine.
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
    """Compile the network, and return a package of the shared library and the weights."""
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
    """Run the package with PyTorch on the CPU."""
    from torch._inductor import aoti_load_package  # noqa: PLC0415  # as above

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pt2"
        path.write_bytes(model)
        compiled = aoti_load_package(str(path))
        with torch.inference_mode():
            return collect(compiled(images) for images in batches)
