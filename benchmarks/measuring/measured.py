"""docs/measured.json: what each part of `make bench` came to, and under which conditions."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from benchmarks.measuring.figure import TELLINGS, Figure
from stages import files, mistakes
from stages.errors import UserError
from stages.params import Params

PATH = Path("docs/measured.json")
REMEDY = "run `make bench` to make it anew"


class Conditions(Params):
    """Where, and with what, a part was measured."""

    processor: str
    cores: int
    versions: dict[str, str]  # of Python and of libraries
    code: str  # the first digits of a checksum of all that is measured
    quick: bool  # as a trial, whose figures mean nothing

    def texts(self) -> dict[str, str]:
        """Return what a document can name."""
        return {"processor": self.processor, "cores": str(self.cores), **self.versions}


class Part(Params):
    """The figures of one part."""

    state: Literal["measured", "failed", "not measured"]
    reason: str = ""  # why not
    notes: tuple[str, ...] = ()  # what a reader of its figures must know
    seconds: float  # that it took
    conditions: Conditions
    figures: dict[str, Figure] = Field(default_factory=dict)

    def summary(self) -> str:
        """Return a line for who waits for it: why not, or the first figure."""
        first = next(iter(self.figures.values()), None)
        return self.reason or (f"{first.what}: {first.whole()}" if first else "no figure")


class Measured(Params):
    """The whole file; `left` are the parts that a run which was interrupted did not come to."""

    left: tuple[str, ...] = ()
    begun: Conditions | None = None  # of that run
    parts: dict[str, Part] = Field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Return by its key, such as mnist_cnn.ratio, all that a document can name."""
        return {
            f"{name}.{key}": text
            for name, part in self.parts.items()
            for key, text in [*part.conditions.texts().items(), *_texts(part.figures)]
        }

    def text(self, key: str) -> str:
        """Return what a key stands for.

        Raises:
            UserError: nothing of that name was measured.
        """
        known = self.texts()
        if key not in known:
            part = self.parts.get(key.partition(".")[0])
            why = f"; {part.state}: {part.reason}" if part and part.reason else ""
            raise UserError(f"{key} is no figure of {PATH}{why}; {mistakes.nearest(key, known)}")
        return known[key]


def _texts(figures: Mapping[str, Figure]) -> Iterator[tuple[str, str]]:
    for name, figure in figures.items():
        yield name, figure.told()
        for telling in TELLINGS:
            yield f"{name}.{telling}", figure.told(telling)


def read(path: Path = PATH) -> Measured:
    """Read the file; where there is none, nothing was measured.

    Raises:
        UserError: it is not what `make bench` writes.
    """
    if not path.exists():
        return Measured()
    try:
        return Measured.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = error.errors()[0]
        place = ".".join(map(str, where["loc"]))
        raise UserError(f"{path}: {place or 'the file'}: {where['msg']}; {REMEDY}") from error


def write(measured: Measured, path: Path = PATH) -> None:
    """Write the file, whole; parts and figures stay in their order, which is that of the page."""
    text = json.dumps(measured.model_dump(mode="json"), indent=1, ensure_ascii=False)
    with files.replacing(path) as partial:
        partial.write_text(f"{text}\n", encoding="utf-8")
