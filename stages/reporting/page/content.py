"""The content of the page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stages.artifacts.report import Bar
from stages.reporting.baseline import Baseline
from stages.reporting.data_notes import DataFact
from stages.reporting.gallery import Gallery
from stages.reporting.page.charts import Point, Series
from stages.reporting.strips import Strip


class ClassRow(NamedTuple):
    """Images and scores of one class."""

    name: str
    images: Sequence[int]  # of every split, in the order of Content.counts
    precision: float | None  # in [0, 1], as the next two; None where undefined
    recall: float | None
    f1: float | None


class Content(NamedTuple):
    """Data, parameters and results of one run; the page leaves out what is empty."""

    title: str  # data set, network and epochs
    dataset: str  # its name, or those of its classes
    classifier: str  # checksum of its file, by which other pages know that they are of the same
    facts: Mapping[str, object]  # at the head of the page: network, size of the images
    data: Sequence[DataFact]  # source, sizes, what was left out, duplicates, balance
    strips: Sequence[Strip]  # images of train, of each class or of the first of many
    split: str  # that the scores are of
    baseline: Baseline  # what the accuracy must beat
    scores: Mapping[str, float | None]  # accuracy with ci_low and ci_high, and any others
    calibration: str  # a sentence
    training: Sequence[str]  # sentences on the curves of training
    decisions: Sequence[str]  # sentences about what it does not know
    params: Mapping[str, Mapping[str, object]]  # that have an effect, by section
    counts: Mapping[str, int]  # images per split
    classes: Sequence[ClassRow]
    # Actual, predicted, both indices into the classes, and images; only pairs that have images.
    confusion: Sequence[tuple[int, int, int]]
    history: Sequence[Mapping[str, float]]  # a row an epoch, as in metrics/history.csv
    roc: Sequence[Series]  # false against true positive rate
    precision_recall: Sequence[Series]  # recall against precision
    reliability: Sequence[Series]  # confidence against accuracy
    confidence: Sequence[Bar]  # of the histogram, from 0 to 1
    risk_coverage: Sequence[Point]  # share that is answered, and share of wrong answers
    galleries: Sequence[Gallery]
    samples: Sequence[Gallery]  # of each class
