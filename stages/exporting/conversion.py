"""Convert the classifier to each format, and compare it with the classifier on the test split."""

import re
from collections.abc import Iterable, Iterator, Sequence
from tempfile import gettempdir, gettempprefix
from textwrap import shorten
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from pydantic import Field

from reprise.escaping import first_line
from reprise.rule import Rule
from reprise.shortage import lacking
from stages.artifacts.classifier import Classifier
from stages.artifacts.exported import CARD, Figures, Files
from stages.artifacts.splits import Meta, Split
from stages.batches import to_device
from stages.errors import UserError
from stages.exporting import onnx, onnx_resize
from stages.exporting.card_data import DataCounts
from stages.exporting.comparison import Tolerance, Truth, compare, finite, judge
from stages.exporting.formats import Formats, known
from stages.exporting.inference import ALWAYS, Job, Outputs, UnsupportedError, as_input
from stages.params import BatchSize
from stages.processes import PeerLostError
from stages.progress import Progress, step
from stages.runtime import Runtime
from stages.scores import predict, probabilities, watched
from stages.world import World

LONGEST = 200  # letters of a reason
TEMPORARY = re.compile(rf"{re.escape(gettempdir())}/{gettempprefix()}\w+/?")


class Conversion(Formats, Tolerance, Runtime):
    """Parameters of the conversion and the comparison."""

    batch_size: BatchSize = Field(
        description="images at once when comparing: changes speed and memory"
    )


class Data(NamedTuple):
    """The images for calibrating and comparing exported files, and the rule written into them."""

    train: Split
    test: Split
    paths: Sequence[str]  # of test, in the source
    meta: Meta
    rule: Rule = ALWAYS  # by which the model answers
    told: DataCounts = DataCounts()  # what the card says of the images beside


class Trial(NamedTuple):
    """The test split, and what the classifier predicts for it."""

    images: UInt8[np.ndarray, "n h w c"]
    truth: Truth
    here: World  # whose processes share the batches


class Made(NamedTuple):
    """The files of a converted format and their comparison, or the reason for having none."""

    name: str
    files: Files  # none where the format cannot express the network, or is too far from it
    figures: Figures  # how it compared, or the reason why there are no files


def convert_all(source: Classifier, data: Data, params: Conversion, here: World) -> list[Made]:
    """Convert to every format that is asked for, and keep what agrees with the classifier.

    All are tried, whatever becomes of the first.

    Raises:
        UserError: no format can express the classifier and is near enough to it, or one of them
            fails where export.on_unsupported is fail.
    """
    job, trial = job_of(source, data.train, params, data.rule), _trial(source, data, params, here)
    made = list[Made]()
    for name in _names(params):
        try:
            if name == onnx_resize.NAME:
                one = _convert_with_resizing(source, data, params)
            else:
                one = _convert(name, job, trial, params)
            _require_own(one.files, made)
        except Exception as error:  # exporters raise almost anything
            if isinstance(error, PeerLostError) or lacking(
                error
            ):  # the machine lacks memory or the like: not the format's fault
                raise
            one = Made(name, {}, {"unsupported": _reason(error)})
        made.append(one)
    _require(made, params)
    return made


def _names(params: Formats) -> tuple[str, ...]:
    return (*params.formats, onnx_resize.NAME) if params.with_resizing else params.formats


def job_of(source: Classifier, train: Split, params: Conversion, rule: Rule = ALWAYS) -> Job:
    """Return the classifier with images of the training split, evenly spread over it."""
    count = len(train.labels)
    rows = np.linspace(0, count - 1, min(count, params.calibration)).astype(np.int64)
    return Job(source, torch.from_numpy(train.images[rows]), params, rule)


def _trial(source: Classifier, data: Data, params: Conversion, here: World) -> Trial:
    """Predict the test split with the classifier."""
    test, network = to_device(data.test, torch.device("cpu")), source.whole()
    with _bar("the classifier", data.test.images, here) as bar, watched(network, bar, here.size):
        logits = predict(network, test, params.batch_size, here)
    temperature = source.card.temperature
    sure = probabilities(logits, temperature)
    truth = Truth(logits, sure, test.labels, data.paths, data.rule, temperature)
    return Trial(data.test.images, truth, here)


def _convert(name: str, job: Job, trial: Trial, params: Conversion) -> Made:
    """Convert to a format, predict the whole test split in its runtime, and compare."""
    form = known(params)[name]
    with step(f"convert to {name}", shown=trial.here.writes):
        files = form.convert(job)
    if form.predict is None:
        return Made(name, files, {"untried": form.untried, "bytes": _size(files)})
    shares, counts = trial.here.shares(len(trial.images), params.batch_size)
    with _bar(name, trial.images, trial.here) as bar:
        parts = _counted((trial.images[rows] for rows in shares), bar, trial.here.size)
        batches = (as_input(torch.from_numpy(part), params) for part in parts)
        found = form.predict(files, batches, params.threads)
    found = Outputs(*(trial.here.gather(part, counts) for part in found))
    figures = compare(found, trial.truth)
    if refused := judge(name, found, trial.truth, params):
        return Made(name, {}, {**finite(figures), "refused": refused})
    return Made(name, files, {**figures, "bytes": _size(files)})


def _bar(name: str, images: UInt8[np.ndarray, "n h w c"], here: World) -> Progress:
    return Progress(f"predict test with {name}", len(images), "images", shown=here.writes)


def _counted(
    parts: Iterable[UInt8[np.ndarray, "b h w c"]], bar: Progress, processes: int
) -> Iterator[UInt8[np.ndarray, "b h w c"]]:
    """Yield batches, and count each when the next is asked for."""
    for part in parts:
        yield part
        bar.advance(len(part) * processes)


def _convert_with_resizing(source: Classifier, data: Data, params: Conversion) -> Made:
    """Put the resizing before the network, which then takes uint8 in any case; compare both."""
    interface = source.card.interface
    job = job_of(source, data.train, params.model_copy(update={"input": "uint8"}), data.rule)
    with step(f"convert to {onnx_resize.NAME}, and compare it"):
        core = onnx.convert(job, params)
        before = onnx_resize.resizing(interface, core)
        figures = onnx_resize.discrepancy(before, core, data.test.images, interface)
    files = {onnx_resize.FILE: onnx_resize.prepend(before, core, job.description)}
    return Made(onnx_resize.NAME, files, {**figures, "bytes": _size(files)})


def _require_own(files: Files, made: Sequence[Made]) -> None:
    """Refuse files that would replace those of another format, or the model card."""
    taken = {CARD, *(path for other in made for path in other.files)}
    if both := sorted(taken & files.keys()):
        raise UnsupportedError(f"its file {both[0]} would replace another one of that name")


def _size(files: Files) -> int:
    return sum(map(len, files.values()))


def _reason(error: BaseException) -> str:
    """Return the first line of the error that the others follow from."""
    while cause := error.__cause__:
        error = cause
    first = TEMPORARY.sub("", first_line(error))  # a name that is another each time is no reason
    return shorten(first, LONGEST, placeholder=" ...")


def _require(made: Sequence[Made], params: Formats) -> None:
    """Check that enough formats were kept.

    Raises:
        UserError: none was, or not all where the user asked for all; one line for each failure.
    """
    failed = [one for one in made if not one.files]
    if failed and (params.on_unsupported == "fail" or len(failed) == len(made)):
        skip = ", or set export.on_unsupported to skip" if len(failed) < len(made) else ""
        raise UserError("\n".join(f"params.yaml: {_complaint(one)}{skip}" for one in failed))


def _complaint(one: Made) -> str:
    """Say why a format failed, and the remedies."""
    if refused := one.figures.get("refused"):
        return f"{refused}; raise it, or leave {one.name} out of export.formats"
    reason = one.figures["unsupported"]
    return f"export cannot make {one.name} of this network ({reason}); leave it out"
