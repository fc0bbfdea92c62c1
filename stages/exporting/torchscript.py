"""Format TorchScript: for libtorch and old PyTorch; deprecated, and still in use."""

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

# Members that hold paths of this machine, or are different every time; how their names end.
DEBUGGING = (".debug_pkl", "serialization_id")


def convert(job: Job) -> bytes:
    """Return the network as an archive of code and weights.

    PyTorch numbers types across a process: a second conversion in it gives other bytes.
    """
    _ = job.program  # refuses control flow, of which tracing would keep one branch
    file = BytesIO()
    with deprecated(), inlined(), torch.no_grad():
        traced = torch.jit.trace(job.network, (job.examples,), check_trace=False)
        torch.jit.save(traced, file, _extra_files={KEY: job.description})
    return rewrite_zip(file.getvalue(), DEBUGGING)


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Run the archive with the interpreter of TorchScript on the CPU."""
    torch.set_num_threads(threads)
    with deprecated(), torch.inference_mode():
        loaded = torch.jit.load(BytesIO(model))
        return collect(loaded(images) for images in batches)


@contextmanager
def deprecated() -> Iterator[None]:
    """Silence the deprecation of TorchScript, and the warnings of tracing.

    Those warn of every Python number, as it might depend on the data; torch.export excludes that.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*torch.jit.* is deprecated", FutureWarning)
        warnings.filterwarnings("ignore", ".*torch.jit.* is deprecated", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        yield


@contextmanager
def inlined() -> Iterator[None]:
    """Trace into autograd Functions, which would otherwise be calls of Python in the graph."""

    def apply(function: type[Function], *inputs: object) -> object:
        if function.setup_context is Function.setup_context:  # forward has the context before
            context = FunctionCtx()
            context.needs_input_grad = (False,) * len(inputs)  # type: ignore[attr-defined]
            return function.forward(context, *inputs)
        return function.forward(*inputs)

    forward: Callable[..., object] = classmethod(apply)  # type: ignore[assignment]
    with patch.object(Function, "apply", forward):
        yield
