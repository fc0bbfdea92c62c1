"""Score findings against planted faults, and cleanlab's own from the same probabilities."""

from collections.abc import Callable, Mapping

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.outlier import OutOfDistribution
from sklearn.neighbors import NearestNeighbors

from benchmarks.planting import Planted
from stages.inspecting import copies, exposure, label_errors, outliers
from stages.inspecting.held_out import HeldOut, Images
from stages.inspecting.looking import Finder
from stages.near_duplicates import find_pairs, thumbnails

PARAMS = Finder(similarity=0.995, nearness=0.5, outliers=0.01)
CLOSE = 0.13  # of the median distance to the nearest: cleanlab's bound of near-duplicates


def report(
    planted: Planted, images: Images, given: Mapping[str, HeldOut], features: np.ndarray
) -> None:
    """Print a line for each finding and way."""
    print(f"{len(images.labels):,} images, {planted.swapped.sum()} labels swapped")
    for name, held in given.items():
        labels(planted, images.labels, name, held)
    near(planted, features)
    far(planted, images, given["val and test"], features)


def labels(planted: Planted, given: np.ndarray, name: str, held: HeldOut) -> None:
    """Judge the labels in doubt."""
    rows = np.flatnonzero(held.known)
    own, probabilities = given[rows], held.probabilities[rows]
    wrong = planted.swapped[rows]
    doubts = label_errors.doubt(own, probabilities)
    line(f"labels, {name}", np.isin(np.arange(len(rows)), doubts.rows), wrong)
    theirs = find_label_issues(own, probabilities, n_jobs=1)
    line(f"  cleanlab's defaults, {name}", theirs, wrong)


def near(planted: Planted, features: np.ndarray) -> None:
    """Judge the near-duplicates, by pairs."""
    small = thumbnails(planted.images)
    found = copies.find_copies(small, features, PARAMS)
    pairs("near-duplicates", planted, (found.first, found.second))
    for bound in (0.95, 0.995):
        blocks = [*find_pairs(small, bound)]
        first, second = (np.concatenate([one[side] for one in blocks]) for side in (0, 1))
        pairs(f"  thumbnails alone, {bound}", planted, (first, second))
    distance, places = NearestNeighbors(n_neighbors=11, metric="cosine").fit(features).kneighbors()
    rows, columns = np.nonzero(distance < CLOSE * np.median(distance[:, 0]))
    pairs("  cleanlab's rule, on the features", planted, (rows, places[rows, columns]))


def far(planted: Planted, images: Images, given: HeldOut, features: np.ndarray) -> None:
    """Judge the outliers, as many of each way."""
    distance = outliers.distances(features, images.labels, images.splits == 0)
    rows, _ = outliers.farthest(distance, PARAMS.outliers)
    count = len(rows)
    line("outliers", np.isin(np.arange(len(distance)), rows), planted.foreign)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "features": lambda: OutOfDistribution().fit_score(features=features, verbose=False),
        "probabilities": lambda: OutOfDistribution().fit_score(
            pred_probs=given.probabilities, labels=images.labels, verbose=False
        ),
    }
    for name, way in ways.items():
        lowest = np.argsort(way(), kind="stable")[:count]
        line(f"  cleanlab, by {name}", np.isin(np.arange(len(distance)), lowest), planted.foreign)
    for name, odd, _ in exposure.oddities(exposure.appearance(planted.images)):
        print(f"{name:<40}{len(odd):>6} found, {planted.foreign[odd].sum()} of them foreign")


def line(name: str, found: np.ndarray, true: np.ndarray) -> None:
    """Print recall and precision."""
    both = int((found & true).sum())
    print(
        f"{name:<40}{found.sum():>6} found, recall {both / true.sum():.3f}, "
        f"precision {both / max(1, found.sum()):.3f}",
        flush=True,
    )


def pairs(name: str, planted: Planted, found: tuple[np.ndarray, np.ndarray]) -> None:
    """Print recall by what was done to the copies, and precision."""
    met = ordered(np.stack(found, 1))
    truth = {kind: ordered(of) for kind, of in planted.pairs.items()}
    recalls = ", ".join(f"{kind} {len(of & met) / len(of):.2f}" for kind, of in truth.items())
    precision = len(met & set().union(*truth.values())) / max(1, len(met))
    print(f"{name:<40}{len(met):>6} found, recall {recalls}, precision {precision:.3f}", flush=True)


def ordered(found: np.ndarray) -> set[tuple[int, ...]]:
    """Return pairs of rows, each once."""
    return {*map(tuple, np.sort(found, axis=1).tolist())}
