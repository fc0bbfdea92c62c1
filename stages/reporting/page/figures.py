"""The figures of the page: charts, confusion matrix, and most frequent mistakes."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from stages.reporting.page.chart_notes import CORNER, NOTES
from stages.reporting.page.charts import Axis, Chart, Series, bar_chart, line_chart, spanning
from stages.reporting.page.content import Content
from stages.reporting.page.corner import NEAR_END, corner_side, within

LARGEST = 30  # classes of the matrix at most; of more, only the most confused pairs are shown
PAIRS = 12  # most confused pairs, shown at most
SHARE = 0, 1  # range of an axis of rates
FLOORS = (0.9, 0.8, 0.5)  # where the axis of precision may begin


class Field(NamedTuple):
    """A cell of the matrix."""

    images: int
    share: float  # of the images of its actual class, in [0, 1]


class ConfusedPair(NamedTuple):
    """Two classes of which one was taken for the other."""

    actual: str
    predicted: str
    images: int
    share: float  # of the images of the actual class, in [0, 1]


def charts(content: Content) -> list[Chart]:
    """Return all charts that have data."""
    made = [
        _training(content, "loss", "nats per image"),
        _training(content, "accuracy", "share of images"),
        _roc(content),
        _precisions(content),
        _rates("Reliability", ("confidence", "accuracy"), content.reliability),
        _confidence(content),
        _risks(content),
    ]
    shown = [chart for chart in made if any(chart.lines) or any(chart.layers)]
    return [chart._replace(note=chart.note or NOTES[chart.title]) for chart in shown]


def matrix(content: Content) -> list[list[Field]]:
    """Return a row an actual class and a column a predicted one; empty beyond LARGEST classes."""
    classes = range(len(content.classes))
    if len(classes) > LARGEST or not content.confusion:
        return []
    counts = {(actual, predicted): images for actual, predicted, images in content.confusion}
    totals = _totals(content)
    return [
        [
            Field(images, images / max(1, totals[actual]))
            for images in (counts.get((actual, predicted), 0) for predicted in classes)
        ]
        for actual in classes
    ]


def confused(content: Content) -> list[ConfusedPair]:
    """Return the most confused pairs, the most frequent first."""
    totals, names = _totals(content), [row.name for row in content.classes]
    pairs = [
        ConfusedPair(names[actual], names[predicted], images, images / totals[actual])
        for actual, predicted, images in content.confusion
        if actual != predicted and images
    ]
    return sorted(pairs, key=lambda pair: (-pair.images, -pair.share))[:PAIRS]


def _totals(content: Content) -> Counter[int]:
    """Count the images of every actual class."""
    totals = Counter[int]()
    for actual, _, images in content.confusion:
        totals[actual] += images
    return totals


def _training(content: Content, measure: str, unit: str) -> Chart:
    """Return the chart of one measure by epoch, of train and val where the history has them."""
    series = [
        Series(split, [(row["epoch"], row[name]) for row in content.history if name in row])
        for split, name in ((split, f"{split}_{measure}") for split in ("train", "val"))
    ]
    epochs, values = ([point[i] for one in series for point in one.points] for i in (0, 1))
    axes = spanning("epoch", epochs, whole=True), spanning(unit, values)
    return line_chart(f"{measure.capitalize()} in training", axes, series)


def _rates(title: str, labels: tuple[str, str], series: Sequence[Series]) -> Chart:
    """Return the chart of one rate over another; its diagonal is chance or perfect calibration."""
    x, y = (Axis(label, *SHARE) for label in labels)
    return line_chart(title, (x, y), series)._replace(diagonal=True)


def _roc(content: Content) -> Chart:
    """Return the ROC, or of a good model the upper left corner, where all its curves turn."""
    labels = "false positive rate", "true positive rate"
    side = corner_side(content.roc)
    if side == 1:
        return _rates("ROC", labels, content.roc)
    axes = Axis(labels[0], 0, side), Axis(labels[1], 1 - side, 1)
    note = (
        f"{CORNER} Only this corner is shown, up to {side:g} and from {1 - side:g} on: at its "
        f"right edge all curves have reached {NEAR_END:g}."
    )
    return line_chart("ROC", axes, within(content.roc, side))._replace(note=note)


def _precisions(content: Content) -> Chart:
    """Return precision over recall; of a good model, only high precisions."""
    least = min([1, *(y for one in content.precision_recall for _, y in one.points)])
    floor = next((low for low in FLOORS if low <= least), 0)
    axes = Axis("recall", *SHARE), Axis("precision", floor, 1)
    title = "Precision and recall"
    note = f"{NOTES[title]}{f' The axis begins at {floor:g}.' if floor else ''}"
    return line_chart(title, axes, content.precision_recall)._replace(note=note)


def _confidence(content: Content) -> Chart:
    """Return the histogram of confidence: right answers, and the wrong ones on top of them."""
    bars = content.confidence
    right = Series("right", [(bar.confidence, bar.right) for bar in bars])
    wrong = Series("wrong", [(bar.confidence, bar.wrong) for bar in bars])
    tallest = max([1, *(bar.right + bar.wrong for bar in bars)])
    axes = Axis("confidence", *SHARE), Axis("images", 0, tallest, whole=True)
    return bar_chart("Confidence", axes, [right, wrong])


def _risks(content: Content) -> Chart:
    """Return how much is wrong if only the surest images are answered."""
    points = content.risk_coverage
    axes = Axis("share answered", *SHARE), spanning("wrong answers", [0, *(y for _, y in points)])
    return line_chart("Risk and coverage", axes, [Series("risk", points)])
