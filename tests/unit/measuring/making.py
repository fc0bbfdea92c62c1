"""What parts came to, for tests, without measuring."""

from benchmarks.measuring.figure import Figure
from benchmarks.measuring.measured import Conditions, Measured, Part

CONDITIONS = Conditions(
    processor="Abacus", cores=2, versions={"torch": "2.15.0"}, code="12ab", quick=False
)
RATIO = Figure(what="ratio", values=(1.7, 1.686, 1.6), unit="x", decimals=2)
ACCURACY = Figure(what="ratio", values=(0.98, 0.99), decimals=3, center="mean")


def part(**figures: Figure) -> Part:
    return Part(state="measured", seconds=3, conditions=CONDITIONS, figures=figures)


def failed(reason: str) -> Part:
    return Part(state="failed", reason=reason, seconds=1, conditions=CONDITIONS)


MEASURED = Measured(parts={"mnist_cnn": part(ratio=RATIO, accuracy=ACCURACY)})
