"""Convert a classifier to the formats, and try each file on the whole test split."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from textwrap import shorten
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from pydantic import Field
from torch import Tensor

from reprise.escaping import printable
from reprise.shortage import lacking
from stages.artifacts.classifier import Classifier
from stages.artifacts.exported import Figures
from stages.artifacts.splits import Meta, Split
from stages.batches import to_device
from stages.errors import UserError
from stages.exporting import onnx
from stages.exporting.comparison import Tolerance, Truth, compare, finite, judge
from stages.exporting.description import describe
from stages.exporting.formats import Formats, known
from stages.exporting.inference import Inference, Job, fed
from stages.exporting.onnx_resize import FILE, NAME, discrepancy, prepend, resizing
from stages.params import BatchSize
from stages.runtime import Runtime
from stages.scores import predict

LONGEST = 200  # letters of a reason


class Made(NamedTuple):
    """A file, and how it compared."""

    name: str  # of the format
    file: str
    content: bytes  # none where the format cannot express the network, or is too far from it
    figures: Figures


def attempt(names: tuple[str, str], make: Callable[[], tuple[bytes, Figures]]) -> Made:
    """Make a file of a format and a name; without one, the figures have the reason.

    Raises:
        Exception: the machine lacks memory or the like, which says nothing of the format.
    """
    try:
        content, figures = make()
    except Exception as error:  # exporters raise almost anything
        if lacking(error):
            raise
        return Made(*names, b"", {"unsupported": _reason(error)})
    return Made(*names, content, {**figures, "bytes": len(content)} if content else figures)


def settle(made: Sequence[Made], params: Formats) -> None:
    """Check that what was made is enough.

    Raises:
        UserError: nothing was made, or not all where the user asked for all; each failure has a
            line.
    """
    failed = [one for one in made if not one.content]
    if failed and (params.on_unsupported == "fail" or len(failed) == len(made)):
        skip = ", or set export.on_unsupported to skip" if len(failed) < len(made) else ""
        raise UserError("\n".join(f"params.yaml: {_complaint(one)}{skip}" for one in failed))


def _complaint(one: Made) -> str:
    """Say what went wrong with a format, and the remedies."""
    if refused := one.figures.get("refused"):
        return f"{refused}; raise it, or leave {one.name} out of export.formats"
    reason = one.figures["unsupported"]
    return f"export cannot make {one.name} of this network ({reason}); leave it out"


def _reason(error: BaseException) -> str:
    """Return the first line of the first error; those that follow from it say less."""
    while cause := error.__cause__:
        error = cause
    lines = (line.strip() for line in str(error).splitlines())
    first = next(filter(None, lines), type(error).__name__)
    return shorten(printable(first), LONGEST, placeholder=" ...")


class Making(Formats, Tolerance, Runtime):
    """Parameters of making and trying files."""

    batch_size: BatchSize = Field(description="images at once when comparing: speed and memory")


class Data(NamedTuple):
    """The images that files are made with and tried on."""

    train: Split
    test: Split
    paths: Sequence[str]  # of test, in the source
    meta: Meta


class Trial(NamedTuple):
    """What every format is made from, and tried on."""

    job: Job
    images: UInt8[Tensor, "n h w c"]  # of test
    truth: Truth


def job(source: Classifier, train: Split, params: Making) -> Job:
    """Return the network with images of train, spread over it, and what it says of itself."""
    count = len(train.labels)
    rows = np.linspace(0, count - 1, min(count, params.calibration)).astype(np.int64)
    images = fed(torch.from_numpy(train.images[rows]), params)
    return Job(Inference(source, params), images, describe(source.card, params))


def files(source: Classifier, data: Data, params: Making) -> list[Made]:
    """Return every file that is asked for; all are tried, whatever becomes of the first.

    Raises:
        UserError: none can express the classifier and is near enough to it, or one of them, and
            no skipping is allowed.
    """
    made = list(_files(source, data, params))
    settle(made, params)
    return made


def _files(source: Classifier, data: Data, params: Making) -> Iterator[Made]:
    made, truth = job(source, data.train, params), _truth(source, data, params)
    trial = Trial(made, torch.from_numpy(data.test.images), truth)
    for name in params.formats:
        file = known(params)[name].file
        yield attempt((name, file), partial(_tried, name, trial, params))
    if params.with_resizing:
        yield attempt((NAME, FILE), partial(_any_size, source, data, params))


def _truth(source: Classifier, data: Data, params: Making) -> Truth:
    test = to_device(data.test, torch.device("cpu"))
    logits = predict(source.whole(), test, params.batch_size)
    probabilities = (logits.double() / source.card.temperature).softmax(1)
    return Truth(logits, probabilities, test.labels, data.paths)


def _tried(name: str, trial: Trial, params: Making) -> tuple[bytes, Figures]:
    """Convert, and compare on the whole test split, in the format's own runtime.

    What is too far from the classifier is no file; its figures say by how much, and of which limit.
    """
    form = known(params)[name]
    model = form.convert(trial.job)
    batches = (fed(part, params) for part in trial.images.split(params.batch_size))
    found = form.predict(model, batches, params.threads)
    figures = compare(found, trial.truth)
    if refused := judge(name, found, trial.truth, params):
        return b"", {**finite(figures), "refused": refused}
    return model, figures


def _any_size(source: Classifier, data: Data, params: Making) -> tuple[bytes, Figures]:
    """Put the resizing before the network, which then takes pixels as bytes."""
    interface = source.card.interface
    made = job(source, data.train, params.model_copy(update={"input": "uint8"}))
    core = onnx.convert(made, params)
    before = resizing(interface, core)
    figures = discrepancy(before, core, data.test.images, interface)
    return prepend(before, core, made.description), figures
