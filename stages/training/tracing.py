"""The operations of a network, as a graph that TensorBoard draws."""

import sys
import warnings
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO

import torch
from torch import nn
from tqdm import tqdm

from reprise.escaping import printable
from stages.training.step import Images


def trace(whole: nn.Module, images: Images) -> bytes:
    """Return the graph that leads from pixels to logits, or say why there is none.

    A copy on the CPU is traced: neither the network nor the next random number changes.
    """
    try:
        # Private; but SummaryWriter.add_graph can only write it to a file of its own.
        from torch.utils.tensorboard._pytorch_graph import graph  # noqa: PLC0415

        with warnings.catch_warnings(), redirect_stdout(StringIO()), torch.random.fork_rng([]):
            warnings.simplefilter("ignore")
            copy, image = deepcopy(whole).cpu().eval(), images[:1].cpu()
            # Unchecked: checking imports 500 modules, which takes a second.
            drawn, _ = graph(torch.jit.trace(copy, image, check_trace=False), image)
            return bytes(drawn.SerializeToString())
    except Exception as error:  # noqa: BLE001 the network may be of the user's own making
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        tqdm.write(
            f"TensorBoard shows no graph: tracing failed: {printable(reason)}", file=sys.stderr
        )
        return b""
