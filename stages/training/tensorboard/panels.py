"""Entries of a TensorBoard log: curves, histograms, images, maps, the graph, the parameters."""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from io import BytesIO, StringIO
from types import ModuleType
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image as Picture
from torch import Tensor, nn

from reprise.escaping import first_line, printable
from reprise.grid import Captioned, Grid, Line
from stages import address
from stages.artifacts.history import Epoch
from stages.batches import Resident, gather
from stages.params import Params
from stages.pictures import fit, picture, shorten
from stages.progress import say
from stages.training.accumulation import Images
from stages.training.tensorboard.events import Panel, Run
from stages.training.tensorboard.feature_maps import sheets
from stages.training.tensorboard.first_layers import WEIGHTS, Uncompiled, first_layers
from stages.training.tensorboard.lettering import font, legend, lettered

Logits: TypeAlias = Float[Tensor, "n k"]
SHOWN = 30  # images in a picture
BINS = 64  # of a histogram, of which TensorBoard makes 30
SAMPLED = 4096  # weights of a tensor in its histogram: enough for the shape of millions
CELL, GAP, LINE, COLUMNS = 96, 8, 18, 5  # pixels: an image, around it, a line of text; images a row
PAPER, INK = "white", "black"


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
    """Yield the first images of a batch, as they are trained on."""
    picture = mosaic(_pixels(images[:SHOWN]))
    yield _panel("train", _records().image("batch", picture, dataformats="HWC"))


def graph(whole: nn.Module, images: Images) -> Iterator[Panel]:
    """Yield the graph from pixels to logits, unless it cannot be traced."""
    if traced := trace(whole, images):
        yield Panel("train", {"graph_def": traced})


def maps(parts: Uncompiled, images: Images, when: str) -> Iterator[Panel]:
    """Yield what the first layers make of images, or of an MLP their weights, or why there is none.

    `when` says of which weights of the network.
    """
    try:
        layers = first_layers(parts, images)
    except Exception as error:  # noqa: BLE001 the network may be of the user's own making
        reason = f"the network does not run in a copy on the CPU: {printable(first_line(error))}"
        yield _panel("val", _records().text("feature maps", f"None: {reason}"))
        return
    weighed = any(layer.kind == WEIGHTS for layer in layers)
    for title, drawn in sheets(layers, _pixels(images[:0] if weighed else images), when):
        yield _panel("val", _image(title, drawn))
    if not layers:
        reason = "no layer of the network returns maps, or has a weight for every pixel"
        yield _panel("val", _records().text("feature maps", f"None: {reason}"))


def mistakes(logits: Logits, data: Resident, classes: Sequence[str]) -> Iterator[Panel]:
    """Yield the misclassified images of the highest probability, with label and prediction."""
    confidence, predicted = logits.cpu().float().softmax(1).max(1)
    labels = data.labels.cpu()
    wrong = (predicted != labels).nonzero().flatten()
    worst = wrong[confidence[wrong].argsort(descending=True, stable=True)][:SHOWN]
    if not len(worst):
        return
    whole = [printable(" ".join(name.split())) for name in classes]  # on one line
    names = lettered(whole)
    captions = [
        f"is {names[labels[row]]}\nsaid {names[predicted[row]]}\n{confidence[row]:.0%}"
        for row in worst.tolist()
    ]
    picture = mosaic(_pixels(gather(data.images, worst.to(data.images.device))), captions)
    yield _panel("val", _records().image("mistakes", picture, dataformats="HWC"))
    if told := legend(whole):
        yield _panel("val", _records().text("numbers of classes", told))


def parameters(params: Params, best: Epoch) -> Iterator[Panel]:
    """Yield the row of a training in the table of all; other values than numbers are JSON."""
    values = {
        name: _shown(value) if type(value) in {str, int, float} else json.dumps(value)
        for name, value in params.model_dump(mode="json").items()
    }
    scores = {"best/accuracy": best.val_accuracy, "best/loss": best.val_loss}
    # Without the list of all names and types: TensorBoard makes one for all trainings, and shows
    # first those parameters in which they differ.
    _, *row = _records().hparams(values, scores)
    for record in row:
        yield _panel(".", record)
    for name, score in scores.items():
        yield _panel(".", _records().scalar(name, score))


def trace(whole: nn.Module, images: Images) -> bytes:
    """Return the serialised graph from pixels to logits; if tracing fails, say why.

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
        reason = first_line(error)
        say(f"TensorBoard shows no graph: tracing failed: {printable(reason)}", file=sys.stderr)
        return b""


def mosaic(
    images: UInt8[np.ndarray, "n h w c"], captions: Sequence[str] = ()
) -> UInt8[np.ndarray, "_ _ 3"]:
    """Lay out one or more images in rows; captions, if any, all have as many lines."""
    pictures = [fit(picture(pixels), CELL) for pixels in images]
    (width, height), columns = pictures[0].size, min(COLUMNS, len(pictures))
    left = (CELL + GAP - width) // 2  # centred
    pairs = zip(pictures, captions or [""] * len(images), strict=True)
    cells = [Captioned(image, _caption(text, CELL + GAP - left)) for image, text in pairs]
    grid = Grid(columns, CELL + GAP, height + GAP + LINE * len(cells[0].lines), height, LINE)
    size = columns * grid.width, -(-len(cells) // columns) * grid.height
    canvas = Picture.new("RGB", size, PAPER)
    grid.draw(canvas, cells, (left, GAP // 2))
    return np.asarray(canvas)


def _caption(text: str, width: int) -> list[Line]:
    """Return the lines of a caption, cut at a width in pixels."""
    letters = font(14)
    return [Line(shorten(line, letters, width), letters, INK) for line in text.splitlines()]


def _shown(value: object) -> object:
    """Return the value; of an address, without its secrets."""
    return address.public(value) if isinstance(value, str) else value


def _panel(run: Run, record: object) -> Panel:
    return Panel(run, {"summary": record})


def _image(tag: str, picture: Picture.Image) -> object:
    """Return a record of a picture, which in grey is faster to encode than one in colour."""
    from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: PLC0415

    encoded, channels = BytesIO(), len(picture.getbands())
    picture.save(encoded, "PNG")
    image = Summary.Image(
        height=picture.height,
        width=picture.width,
        colorspace=channels,
        encoded_image_string=encoded.getvalue(),
    )
    return Summary(value=[Summary.Value(tag=tag, image=image)])


def _pixels(images: Images) -> UInt8[np.ndarray, "b h w c"]:
    """Return images as bytes, on the CPU."""
    pixels: np.ndarray = images.clamp(0, 255).round().byte().cpu().numpy()
    return pixels


def _records() -> ModuleType:
    """Import the module that makes records, which takes 0.1 s."""
    from torch.utils.tensorboard import summary  # noqa: PLC0415

    return summary
