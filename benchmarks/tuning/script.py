"""Reading inputs and writing results, for the fine-tuning scripts of all other ways.

A script is started as `python -m benchmarks.tuning.timm_script GIVEN ANSWER`, of a file of JSON and
one for the accuracy on test. Only what a way cannot do without is imported.
"""

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.tuning.given import Given


def main(way: Callable[[Given], float]) -> None:
    """Carry out what a file asks for, and write the accuracy."""
    given = Given(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    torch.manual_seed(given.seed)
    random.seed(given.seed)  # of transforms
    np.random.seed(given.seed)  # noqa: NPY002  # as timm and fastai themselves do
    torch.set_num_threads(given.threads)
    Path(sys.argv[2]).write_text(str(way(given)), encoding="utf-8")


def built(given: Given, classes: int) -> nn.Module:
    """Return timm's network with the weights of the file, and a last layer of zeros."""
    import timm  # noqa: PLC0415 - once for each process, and counted

    from stages.nets.introspection import head  # noqa: PLC0415

    network: nn.Module = timm.create_model(given.architecture, num_classes=classes)
    load(network, given)
    for weight in head(network).parameters():
        nn.init.zeros_(weight)
    return network


def load(network: nn.Module, given: Given) -> None:
    """Load the weights of all layers that fit."""
    from stages.training.efficientnet_names import renamed  # noqa: PLC0415

    own = network.state_dict()
    held = renamed(own, torch.load(given.weights, weights_only=True))
    fitting = {
        name: weight
        for name, weight in held.items()
        if name in own and own[name].shape == weight.shape
    }
    if len(fitting) < len(own) - 2:  # all but the last layer's
        raise ValueError(f"{given.weights} has {len(fitting)} of the network's {len(own)} tensors")
    network.load_state_dict(own | fitting)


def class_weights(labels: list[int], given: Given) -> torch.Tensor | None:
    """Return the weight of an image of each class, if rare ones weigh more."""
    counts = torch.tensor(labels).bincount().float()
    return counts.sum() / (len(counts) * counts) if given.balanced else None


def share(network: Any, loader: Any) -> float:  # noqa: ANN401
    """Return the share of images that are classified correctly."""
    network.eval()
    right = count = 0
    with torch.no_grad():
        for inputs, labels in loader:
            right += int((network(inputs).argmax(1) == labels).sum())
            count += len(labels)
    return right / count
