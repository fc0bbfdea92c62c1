"""From a classifier to files that were tried on the whole test split."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from pydantic import Field
from torch import Tensor

from stages.artifacts.classifier import Classifier
from stages.artifacts.portable import Figures
from stages.artifacts.splits import Meta, Split
from stages.batches import to_device
from stages.exporting import onnx
from stages.exporting.attempt import Made, attempt, settle
from stages.exporting.comparison import Tolerance, Truth, compare, finite, judge
from stages.exporting.description import describe
from stages.exporting.discrepancy import discrepancy
from stages.exporting.formats import Formats, known
from stages.exporting.inference import Inference, fed
from stages.exporting.job import Job
from stages.exporting.resizing import FILE, NAME, prepend, resizing
from stages.params import BatchSize
from stages.runtime import Runtime
from stages.scores import predict


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
