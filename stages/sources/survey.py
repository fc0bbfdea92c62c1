"""Find the images that a person names, by the paths and labels that a source lists."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import NamedTuple
from unicodedata import normalize

from reprise.escaping import cell
from stages.artifacts.raw import Raw
from stages.sources.decision_rows import Ruling
from stages.sources.reports import MAX_LINES

SAMPLE = 10_000  # paths among which one that no image has is looked for


class FoundImage(NamedTuple):
    """Where an image stands in a data set, and its label."""

    split: str
    number: int  # in the split
    label: int
    path: str


class Survey:
    """The images of a data set that have one of some paths, and how many there are of each label.

    A path is one however its accents are composed, and as `inspect` escapes it for spreadsheets.
    """

    counts: dict[str, Counter[int]]  # images by split and label

    def __init__(self, raw: Raw, paths: Collection[str]) -> None:
        """Go through the paths and labels of all images once."""
        self._classes, wanted = raw.classes, {*map(_fold, paths)}
        names = {_name(path) for path in wanted}
        escaped = any(mark in path for path in wanted for mark in "'\\")  # whatever `cell` changes
        self._found, self._near = defaultdict[str, list[FoundImage]](list), dict[str, str]()
        self._sample, self._asked, self.counts = list[str](), 0, {}
        for split, entries in raw.entries.items():
            self.counts[split] = Counter()
            for number, (path, label) in enumerate(entries):
                self.counts[split][label] += 1
                for key in {_fold(path), _fold(cell(path)) if escaped else ""} & wanted:
                    self._found[key].append(FoundImage(split, number, label, path))
                if (name := _name(path)) in names:
                    self._near.setdefault(name, path)
                if len(self._sample) < SAMPLE:
                    self._sample.append(path)

    def named(self, path: str) -> Sequence[FoundImage]:
        """Return the images of a path."""
        return self._found.get(_fold(path), [])

    def find(self, decision: Ruling) -> FoundImage:
        """Return the image that a row names; of several of its path, by split and former label.

        Raises:
            ValueError: there is none, or more than one, or it has another label than the row says.
        """
        found = self._found.get(_fold(decision.path), [])
        if not found:
            raise ValueError(f"no image has this path{self._nearest(decision.path)}")
        if len(found) == 1:
            self._require_same(found[0], decision)
            return found[0]
        # What `preprocess` cut off for val or test was published as train.
        home = decision.split if decision.split in self.counts else "train"
        near = [one for one in found if home == one.split or not decision.split]
        if decision.former:
            near = [one for one in near if decision.former in _spellings(self._classes[one.label])]
        if len(near) != 1:
            raise ValueError(_ambiguous(found, near))
        return near[0]

    def _require_same(self, found: FoundImage, decision: Ruling) -> None:
        """Refuse a row that says another label than the image has, unless it is the new one."""
        label = self._classes[found.label]
        if decision.former not in {"", decision.label, *_spellings(label)}:
            raise ValueError(
                f"its label is {label}, and the row says {decision.former}; is a cell missing, or "
                "is the table one of new labels, for download.relabel?"
            )

    def _nearest(self, path: str) -> str:
        """Suggest the path that was probably meant."""
        if near := self._near.get(_name(path)):
            return f"; the nearest is {near}"
        if self._asked >= MAX_LINES:  # each takes a moment, and nobody reads more
            return ""
        self._asked += 1
        close = get_close_matches(path, self._sample, n=1, cutoff=0.6)
        return f"; the nearest is {close[0]}" if close else ""


def _ambiguous(found: Sequence[FoundImage], near: Sequence[FoundImage]) -> str:
    splits = [*dict.fromkeys(one.split for one in found)]
    told = f"is the path of {len(found):,} images, in {' and '.join(splits)}"
    if len(splits) == 1:
        return f"{told}, which cannot be told apart; give them paths of their own at the source"
    which = "more than one" if near else "none"
    return (
        f"{told}, and {which} fits split and label of the row; write the split that the image "
        "was published in into the column split"
    )


def _fold(path: str) -> str:
    return normalize("NFC", path).strip()


def _name(path: str) -> str:
    """Return what paths have in common that are probably the same."""
    last = _fold(path).replace("\\", "/").rpartition("/")[2]
    return (last.rpartition(".")[0] or last).casefold()


def _spellings(name: str) -> set[str]:
    return {name, cell(name)}
