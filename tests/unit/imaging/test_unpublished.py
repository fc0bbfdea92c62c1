"""What is said of splits that were not published, beside those that assign_splits makes."""

from pathlib import Path

import numpy as np
import pytest
from toys import section

from stages.artifacts import preprocess_metrics
from stages.artifacts.preprocess_metrics import Cutting, read, write
from stages.imaging.splitting import Splitting, assign_splits
from stages.imaging.unpublished import unpublished

KEPT = Splitting.model_fields


def cut(published: dict[str, int], **changes: object) -> Cutting:
    """Return what becomes of so many images of two classes in each split."""
    fields = {"val_fraction": 0.15, "test_fraction": 0.2, "folds": None, "fold": 0, **changes}
    given = {name: value for name, value in section("preprocess", **fields).items() if name in KEPT}
    params = Splitting.model_validate(given)
    labels = {name: np.arange(count) % 2 for name, count in published.items()}
    return unpublished(labels, assign_splits(labels, ("a", "b"), params), params)


@pytest.mark.parametrize(
    ("published", "changes", "said"),
    [
        ({"train": 200, "val": 40, "test": 40}, {}, ""),
        (
            {"train": 246, "val": 154},
            {},
            (
                "no test is published: of the 246 images of train, 50 became test "
                "(preprocess.test_fraction)"
            ),
        ),
        (
            {"train": 60_000, "test": 10_000},
            {"val_fraction": 0.1},
            (
                "no val is published: of the 60,000 images of train, 6,000 became val "
                "(preprocess.val_fraction)"
            ),
        ),
        (
            {"train": 200},
            {},
            (
                "neither val nor test is published: of the 200 images, 30 became val "
                "(preprocess.val_fraction) and 40 became test (preprocess.test_fraction)"
            ),
        ),
        (
            {"train": 200},
            {"folds": 5},
            (
                "neither val nor test is published: of the 200 images, 30 became val "
                "(preprocess.val_fraction) and 40 became test (preprocess.folds)"
            ),
        ),
        (
            {"train": 150, "val": 50},
            {"splits": "fresh"},
            (
                "the published train and val are split anew: of the 200 images, 30 became val "
                "(preprocess.val_fraction) and 40 became test (preprocess.test_fraction)"
            ),
        ),
        (
            {"test": 200},
            {"splits": "fresh"},
            (
                "the published test is split anew: of the 200 images, 30 became val "
                "(preprocess.val_fraction) and 40 became test (preprocess.test_fraction)"
            ),
        ),
    ],
)
def test_it_is_said_what_a_split_was_cut_off(
    published: dict[str, int], changes: dict[str, object], said: str
) -> None:
    assert cut(published, **changes).sentence() == said


@pytest.mark.parametrize(
    "published", [{"train": 200, "val": 40}, {"train": 9, "val": 4, "test": 4}]
)
def test_what_is_written_is_read(published: dict[str, int], tmp_path: Path) -> None:
    made, path = cut(published), tmp_path / "preprocess.json"
    counts = dict.fromkeys(("excluded", "repeated", "contradictory", *preprocess_metrics.ODD), 0)
    sizes = {"different": 1, "commonest": (4, 5), "height": (4, 4), "width": (5, 5)}
    write({"counts": [counts], "sizes": [sizes], "shared": [], **made.figures()}, path)
    assert read(path).cutting.sentence() == made.sentence()
