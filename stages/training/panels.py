"""What TensorBoard shows, in records that it reads."""

import json
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from reprise.escaping import printable
from stages import address
from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.params import Params
from stages.training.events import Panel, Run
from stages.training.mosaic import mosaic
from stages.training.step import Images
from stages.training.tracing import trace

Logits: TypeAlias = Float[Tensor, "n k"]
SHOWN = 30  # images in a picture
BINS = 64  # of a histogram, of which TensorBoard makes 30
SAMPLED = 4096  # weights of a tensor that are counted: the shape of millions shows in these


def curves(epoch: Epoch, speed: float) -> Iterator[Panel]:
    """Yield the points of an epoch; `speed` is in images a second."""
    scalar = _records().scalar
    yield _panel("train", scalar("loss", epoch.train_loss))
    yield _panel("val", scalar("loss", epoch.val_loss))
    yield _panel("train", scalar("accuracy", epoch.train_accuracy))
    yield _panel("val", scalar("accuracy", epoch.val_accuracy))
    yield _panel("train", scalar("learning rate", epoch.lr))
    yield _panel("train", scalar("images a second", speed))


def weights(network: nn.Module) -> Iterator[Panel]:
    """Yield a histogram of every tensor of weights."""
    for name, weight in network.named_parameters():
        values = weight.detach().flatten()
        values = values[:: max(1, len(values) // SAMPLED)]
        values = values[values.isfinite()].float().cpu()
        if len(values):
            yield _panel("train", _records().histogram(f"weights/{name}", values, BINS))


def batch(images: Images) -> Iterator[Panel]:
    """Yield the first images of a batch, as they are learned."""
    picture = mosaic(_pixels(images[:SHOWN]))
    yield _panel("train", _records().image("batch", picture, dataformats="HWC"))


def graph(whole: nn.Module, images: Images) -> Iterator[Panel]:
    """Yield what leads from pixels to logits, unless it cannot be traced."""
    if traced := trace(whole, images):
        yield Panel("train", {"graph_def": traced})


def mistakes(logits: Logits, data: Resident, classes: Sequence[str]) -> Iterator[Panel]:
    """Yield the misclassified images of the highest probability, with label and prediction."""
    confidence, predicted = logits.cpu().float().softmax(1).max(1)
    labels = data.labels.cpu()
    wrong = (predicted != labels).nonzero().flatten()
    worst = wrong[confidence[wrong].argsort(descending=True, stable=True)][:SHOWN]
    if not len(worst):
        return
    names = [printable(" ".join(name.split())) for name in classes]  # on one line
    captions = [
        f"is {names[labels[row]]}\nsaid {names[predicted[row]]}\n{confidence[row]:.0%}"
        for row in worst.tolist()
    ]
    picture = mosaic(_pixels(data.images[worst.to(data.images.device)]), captions)
    yield _panel("val", _records().image("mistakes", picture, dataformats="HWC"))


def parameters(params: Params, best: Epoch) -> Iterator[Panel]:
    """Yield the row of a training in the table of all; what is no number is as in params.yaml."""
    values = {
        name: _shown(value) if type(value) in {str, int, float} else json.dumps(value)
        for name, value in params.model_dump(mode="json").items()
    }
    scores = {"best/accuracy": best.val_accuracy, "best/loss": best.val_loss}
    # Without the list of all names and types: TensorBoard makes one that suits all trainings, and
    # shows those parameters first in which they differ.
    _, *row = _records().hparams(values, scores)
    for record in row:
        yield _panel(".", record)
    for name, score in scores.items():
        yield _panel(".", _records().scalar(name, score))


def _shown(value: object) -> object:
    """Return a value as it is, an address without its secrets."""
    return address.public(value) if isinstance(value, str) else value


def _panel(run: Run, record: object) -> Panel:
    return Panel(run, {"summary": record})


def _pixels(images: Images) -> UInt8[np.ndarray, "b h w c"]:
    """Return images as bytes, on the CPU."""
    pixels: np.ndarray = images.clamp(0, 255).round().byte().cpu().numpy()
    return pixels


def _records() -> ModuleType:
    """Import what makes records; only who wants to see them waits 0.1 s for it."""
    from torch.utils.tensorboard import summary  # noqa: PLC0415

    return summary
