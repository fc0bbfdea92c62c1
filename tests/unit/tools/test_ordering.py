"""The list of experiments: in which order, and what the line above says of it."""

import pytest

from tools.listing.differing import ExperimentRow
from tools.listing.ordering import heading, ordered


def row(name: str, split: str = "test", **scores: str) -> ExperimentRow:
    return ExperimentRow(name, "", scores, {"evaluate.split": split})


ROWS = [
    row("main", accuracy="0.9000", loss="0.3000"),
    row("  new", accuracy="0.8000", loss="0.1000"),
    row("  failed"),
    row("  old", accuracy="0.9500", loss="2.5e-05"),
    row("older", accuracy="0.9900", loss="0.2000"),
    row("  one", accuracy="0.1000", loss="12345"),
]


@pytest.mark.parametrize(
    ("score", "order"),
    [
        (None, ["main", "  new", "  failed", "  old", "older", "  one"]),
        ("accuracy", ["main", "  old", "  new", "  failed", "older", "  one"]),
        ("loss", ["main", "  old", "  new", "  failed", "older", "  one"]),
    ],
)
def test_the_best_comes_first_below_its_commit(score: str | None, order: list[str]) -> None:
    assert [one.name for one in ordered(ROWS, score)] == order


def test_a_low_loss_is_good() -> None:
    pair = [row("main"), row("  a", loss="0.5"), row("  b", loss="0.25")]
    assert [one.name for one in ordered(pair, "loss")] == ["main", "  b", "  a"]


def test_nothing_is_listed_of_nothing() -> None:
    assert ordered([], "accuracy") == []


def test_the_line_above_tells_split_order_and_hyphens() -> None:
    assert heading(ROWS, None) == (
        "Scores of test; newest first; - is no score, or a parameter that was not there."
    )
    assert heading(ROWS, "loss").startswith("Scores of test; best loss first; ")
    assert heading([*ROWS, row("x", "val")], None).startswith("Scores of evaluate.split, which")
