"""How often predictions agree with the labels of a table."""

from collections import Counter

from reprise.counting import counted
from reprise.escaping import printable
from reprise.prediction import Prediction

NAMED = 5  # labels in a message


class Accuracy:
    """Counts pictures that have a label, the answers to them, and those that are right."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self._classes = {*classes}
        self.labelled = self.answered = self.right = 0
        self._foreign, self._impossible = Counter[str](), 0

    def add(self, found: Prediction) -> None:
        """Count one more picture, if it has a label."""
        if found.label is None:
            return
        self.labelled += 1
        self.answered += not found.unknown
        self.right += not found.unknown and found.ranked[0][0] == found.label
        if found.label not in self._classes:
            self._foreign[found.label] += 1
            self._impossible += not found.unknown

    def __str__(self) -> str:
        """Return a line on the labelled pictures, and one on labels that are no class."""
        unknown = self.labelled - self.answered
        share = f"{self.right / self.answered:.4f}" if self.answered else "undefined"
        open_ones = f", {unknown:,} unknown" if unknown else ""
        never = f", {self._impossible:,} could not be" if self._impossible else ""
        told = f"accuracy {share}: {self.right:,} of {self.answered:,} are right{never}{open_ones}"
        if not self._foreign:
            return told
        names = ", ".join(printable(name) for name, _ in self._foreign.most_common(NAMED))
        rest = ", and others" if len(self._foreign) > NAMED else ""
        have = counted(self._foreign.total(), "picture has", "pictures have")
        return f"{told}\n{have} a label that is no class of the model: {names}{rest}"
