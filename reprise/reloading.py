"""Pickle a classifier by the path and checksum of its model, which is loaded again."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from reprise.escaping import printable
from reprise.model import Model, ModelError


class Pickled(NamedTuple):
    """The pickled state of a classifier: its model's path and checksum, and its options."""

    path: Path  # absolute, as another process may run in another folder
    sha256: str  # of the file, which may have been exported anew meanwhile
    threads: int | None
    batch_size: int

    @classmethod
    def of(cls, model: Model, threads: int | None, batch_size: int) -> "Pickled":
        """Return what makes a classifier with a model again."""
        return cls(model.path.absolute(), model.sha256, threads, batch_size)


class Reloadable:
    """An object that is pickled without its model, as an ONNX Runtime session cannot be."""

    _model: Model
    _saved: Pickled
    _origin: str  # what it is called

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self._saved), {"_origin": self._origin}


C = TypeVar("C", bound=Reloadable)


def _again(kind: Callable[..., C], saved: Pickled) -> C:
    """Make one as it was.

    Raises:
        ModelError: the file is not there, or is another one now.
    """
    made = kind(saved.path, threads=saved.threads, batch_size=saved.batch_size)
    if made._model.sha256 != saved.sha256:  # noqa: SLF001 - it is our own
        raise ModelError(
            f"{printable(str(saved.path))}: was exported anew since the classifier was pickled, so "
            "that it would answer otherwise; make another one, and pickle that"
        )
    return made
