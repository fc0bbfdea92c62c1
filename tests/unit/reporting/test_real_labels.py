"""Every figure on the labels of real test sets is scikit-learn's; the logits are made up."""

import gzip
from collections.abc import Callable
from functools import cache
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np
import pytest
from conftest import SHARED
from judging import judge
from scipy.special import softmax
from sklearn import metrics

from stages.artifacts.report import Report
from stages.reporting.calibration import BINS


def mnist() -> np.ndarray:
    content = gzip.decompress((SHARED / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(content, np.uint8, offset=8).astype(np.int64)


def cifar10() -> np.ndarray:
    return of_folders("cifar10_images.zip", "cifar10/test/")


def hymenoptera() -> np.ndarray:
    return of_folders("hymenoptera_data.zip", "hymenoptera_data/val/")


def of_folders(archive: str, split: str) -> np.ndarray:
    with ZipFile(SHARED / archive) as file:
        names = [name for name in file.namelist() if name.startswith(split)]
    images = [name for name in names if name.endswith((".jpg", ".jpeg"))]
    labels: np.ndarray = np.unique([n.split("/")[2] for n in images], return_inverse=True)[1]
    return labels


class Scored(NamedTuple):
    """A report, and what it is of."""

    labels: np.ndarray  # [N]
    probabilities: np.ndarray  # [N, K]
    report: Report

    @property
    def predicted(self) -> np.ndarray:
        predicted: np.ndarray = self.probabilities.argmax(1)
        return predicted

    @property
    def columns(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Whether an image is of a class, and how probable that is."""
        return [(self.labels == k, column) for k, column in enumerate(self.probabilities.T)]


@cache
def score(labels_of: Callable[[], np.ndarray]) -> Scored:
    """Score logits that are right of some classes, and of others rarely."""
    labels = labels_of()
    classes = int(labels.max()) + 1
    rng = np.random.default_rng(0)
    skill = np.linspace(0, 6, classes)[labels, None] * np.eye(classes)[labels]
    logits = (rng.normal(size=skill.shape) + skill).astype(np.float32)
    probabilities = softmax(logits.astype(float) / 2, axis=1)  # as the temperature is 2
    return Scored(labels, probabilities, judge(logits, labels).report)


@pytest.fixture(params=[mnist, cifar10, hymenoptera], ids=["mnist", "cifar10", "hymenoptera"])
def scored(request: pytest.FixtureRequest) -> Scored:
    if not SHARED.exists():
        pytest.skip(f"the real data are not here: {SHARED}")
    return score(request.param)


def test_scores(scored: Scored) -> None:
    labels, probabilities, report = scored
    predicted = scored.predicted
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "matthews": metrics.matthews_corrcoef(labels, predicted),
        "kappa": metrics.cohen_kappa_score(labels, predicted),
        "loss": metrics.log_loss(labels, probabilities),
        "brier": metrics.brier_score_loss(labels, probabilities, scale_by_half=False),
        "ece": calibration_error(probabilities.max(1), predicted == labels),
        "macro_roc_auc": np.mean([metrics.roc_auc_score(*of) for of in scored.columns]),
        "macro_average_precision": np.mean(
            [metrics.average_precision_score(*of) for of in scored.columns]
        ),
    }
    for kind in ("macro", "weighted"):
        averaged = metrics.precision_recall_fscore_support(labels, predicted, average=kind)
        expected |= {
            f"{kind}_{name}": value
            for name, value in zip(("precision", "recall", "f1"), averaged, strict=False)
        }
    if probabilities.shape[1] > 5:
        expected["top_5_accuracy"] = metrics.top_k_accuracy_score(labels, probabilities, k=5)
    found = {name: report.scores[name] for name in expected}
    assert found == pytest.approx(expected, rel=1e-9)


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the error as its formula has it, bin by bin (Guo et al. 2017, eq. 3)."""
    error = 0.0
    for low in np.arange(BINS) / BINS:
        inside = (confidence > low) & (confidence <= low + 1 / BINS)
        error += abs(float(right[inside].sum() - confidence[inside].sum()))
    return error / len(right)


def test_tables(scored: Scored) -> None:
    tables, classes = scored.report.tables, scored.probabilities.shape[1]
    counts = np.zeros((classes, classes), int)
    for cell in tables.confusion:
        counts[int(cell.actual.split()[1]), int(cell.predicted.split()[1])] = cell.images
    expected = metrics.confusion_matrix(scored.labels, scored.predicted)
    np.testing.assert_array_equal(counts, expected)
    found = np.array([(row.precision, row.recall, row.f1, row.images) for row in tables.classes])
    expected = metrics.precision_recall_fscore_support(scored.labels, scored.predicted)
    np.testing.assert_allclose(found, np.array(expected).T)
    confidence, right = scored.probabilities.max(1), scored.predicted == scored.labels
    bars, edges = np.array([bar[1:] for bar in tables.confidence]), np.linspace(0, 1, 21)
    np.testing.assert_array_equal(bars[:, 0], np.histogram(confidence[right], edges)[0])
    np.testing.assert_array_equal(bars[:, 1], np.histogram(confidence[~right], edges)[0])


def test_curves_run_through_the_points_of_scikit_learn(scored: Scored) -> None:
    for number, column in enumerate(scored.columns):
        rates = np.stack(metrics.roc_curve(*column, drop_intermediate=False)[:2], 1)
        drawn = [p[1:] for p in scored.report.tables.roc if p.curve == f"class {number}"]
        assert on(np.array(drawn), rates)
        precision, recall, _ = metrics.precision_recall_curve(*column)
        drawn = [
            p[1:] for p in scored.report.tables.precision_recall if p.curve == f"class {number}"
        ]
        assert on(np.array(drawn)[1:], np.stack([recall, precision], 1))


def on(points: np.ndarray, curve: np.ndarray) -> bool:
    """Tell whether each point [P, 2] is one of a curve [Q, 2]."""
    gaps = np.abs(points[:, None] - curve[None]).max(2)
    return bool((gaps.min(1) < 1e-9).all())
