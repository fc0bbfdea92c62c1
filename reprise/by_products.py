"""Optional outputs of `reprise predict`: contact sheet, heat maps, accuracy."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from reprise import writing
from reprise.accuracy import Accuracy
from reprise.amount import amount
from reprise.counting import counted
from reprise.escaping import printable
from reprise.explanation import explain
from reprise.model import Model
from reprise.options import Options
from reprise.prediction import Prediction
from reprise.progress_line import ProgressLine
from reprise.sheet import MOST, contact_sheet

LONGEST = 60  # letters of a picture's name in that of its heat map


class ByProducts:
    """Collects predictions for the optional outputs, and writes these."""

    def __init__(self, options: Options, network: Model) -> None:
        self._options, self._network, self._shown = options, network, list[Prediction]()
        self._accuracy, self._taken = Accuracy(network.metadata.classes), 0
        if options.explain:
            writing.make(options.explain)

    def take(self, number: int, found: Prediction) -> None:
        """Take one more prediction; the number is that of the picture, from 1 on.

        Raises:
            OutputError: its heat map cannot be written.
        """
        self._taken += 1
        self._accuracy.add(found)
        if self._options.sheet and len(self._shown) < MOST:
            self._shown.append(found)
        if folder := self._options.explain:
            picture = explain(self._network, found.pixels).overlay()
            writing.save(picture, folder / f"{number:05}-{_file_name(found.name)}.png")

    def finish(self) -> Iterator[str]:
        """Write the sheet, and yield what there is to tell.

        Raises:
            OutputError: it cannot be written.
        """
        if (file := self._options.output) and self._taken:
            yield f"{counted(self._taken, 'picture')} written to {printable(str(file))}"
        if self._options.sheet and self._shown:
            writing.save(contact_sheet(self._shown), self._options.sheet)
            if self._taken > len(self._shown):
                yield f"the sheet shows the first {len(self._shown)} of {self._taken:,} pictures"
        if self._accuracy.labelled:
            yield str(self._accuracy)


def progress(options: Options) -> ProgressLine:
    """Return what tells how far it is; heat maps take long enough to count what there is before."""
    total = amount(options.images) if options.explain else None
    beside = options.output is None
    return ProgressLine(total, beside_rows=beside, amid_rows=options.explain is not None)


def _file_name(name: str) -> str:
    """Return a name of letters, digits, dots and the like: members of archives have any."""
    plain = re.sub(r"[^\w.-]+", "_", PurePath(name).stem, flags=re.ASCII).strip(".")
    return plain[:LONGEST] or "picture"
