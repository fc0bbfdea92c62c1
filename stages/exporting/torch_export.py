"""Format torch.export (.pt2): a graph that PyTorch loads, runs and compiles without the code."""

from collections.abc import Iterable
from io import BytesIO

import torch
from torch import Tensor

from reprise.metadata import KEY
from stages.exporting.inference import Job, Outputs, collect
from stages.files import rewrite_zip


def convert(job: Job) -> bytes:
    """Return the graph and the weights as an archive."""
    file = BytesIO()
    torch.export.save(job.program, file, extra_files={KEY: job.description})
    return rewrite_zip(file.getvalue(), ("serialization_id",))


def predict(model: bytes, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Run the graph with PyTorch on the CPU."""
    torch.set_num_threads(threads)
    network = torch.export.load(BytesIO(model)).module()
    with torch.inference_mode():
        return collect(network(images) for images in batches)
