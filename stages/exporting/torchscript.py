"""Format TorchScript: for libtorch and old PyTorch; deprecated, and still asked for."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from unittest.mock import patch

import torch
from torch import Tensor
from torch.autograd.function import Function, FunctionCtx

from reprise.metadata import KEY
from stages.exporting.inference import Job, Outputs, collect
from stages.files import rewrite_zip

DEBUGGING = (".debug_pkl", "serialization_id")  # ends of members with paths, or other every time


def convert(job: Job) -> bytes:
    """Return the network as an archive of code and weights.

    PyTorch numbers types over a process: of two conversions in one, the second has other bytes.
    """
    _ = job.program  # refuses control flow, of which tracing would keep one branch
    file = BytesIO()
    with deprecated(), inlined(), torch.no_grad():
        traced = torch.jit.trace(job.network, (job.examples,), check_trace=False)
        torch.jit.save(traced, file, _extra_files={KEY: job.description})
    return rewrite_zip(file.getvalue(), DEBUGGING)


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Return what the interpreter of TorchScript computes on the CPU."""
    torch.set_num_threads(threads)
    with deprecated(), torch.inference_mode():
        loaded = torch.jit.load(BytesIO(model))
        return collect(loaded(images) for images in batches)


@contextmanager
def deprecated() -> Iterator[None]:
    """Silence that TorchScript is deprecated, and what tracing says of shapes.

    It takes every Python number for one that may have come from data, which torch.export rules out.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*torch.jit.* is deprecated", FutureWarning)
        warnings.filterwarnings("ignore", ".*torch.jit.* is deprecated", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        yield


@contextmanager
def inlined() -> Iterator[None]:
    """Trace into functions with a backward of their own; as such, they are Python, not graph."""

    def apply(function: type[Function], *inputs: object) -> object:
        if function.setup_context is Function.setup_context:  # forward has the context before
            context = FunctionCtx()
            context.needs_input_grad = (False,) * len(inputs)  # type: ignore[attr-defined]
            return function.forward(context, *inputs)
        return function.forward(*inputs)

    forward: Callable[..., object] = classmethod(apply)  # type: ignore[assignment]
    with patch.object(Function, "apply", forward):
        yield
