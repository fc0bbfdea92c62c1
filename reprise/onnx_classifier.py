"""Two lines from a model to an answer: `Classifier("model.onnx")("cat.jpg")`."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np

from reprise import dvc_model, explanation, given, model
from reprise.arguments import MOST_THREADS, checked, checked_share
from reprise.capacity import cores
from reprise.classification import Classification, Classifications
from reprise.counting import counted
from reprise.directory import Failure, Skipped
from reprise.explanation import Explanation
from reprise.given import OneOpened, PictureError, Several
from reprise.inputs import Loaded, load_all
from reprise.model import MODEL, ModelError
from reprise.prediction import Prediction, hold, predict
from reprise.reloading import Pickled, Reloadable
from reprise.result_table import ROWS

__all__ = ["Classifier", "ModelError", "PictureError"]
UNSEEN = np.empty((0, 0, 1), np.uint8)  # pixels of a picture that no table shows


class Classifier(Reloadable):
    """A trained classifier, ready to be asked."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        batch_size: int = 32,
    ) -> None:
        """Load a model that stage `export` wrote; there is one thread a core by default.

        Without a path, it is models/export/model.onnx in the repository that one stands in.

        Raises:
            ModelError: the file is missing, no ONNX model, or not one of Reprise's.
            ValueError: a number is none from 1, or beyond reason.
        """
        self._threads = cores() if threads is None else checked("threads", threads, MOST_THREADS)
        self._batch_size = checked("batch_size", batch_size)
        # Not `Path.expanduser`, which raises where nobody has the name after the tilde.
        file = model.default() if path is None else Path(os.path.expanduser(path))  # noqa: PTH111
        self._model, self._origin = model.load(file, self._threads), str(file)
        self._saved = Pickled.of(self._model, threads, batch_size)

    @classmethod
    def from_repo(
        cls, url: str, rev: str | None = None, path: str = str(MODEL), *, threads: int | None = None
    ) -> "Classifier":
        """Load the model of a Git repository, or folder, through DVC.

        `rev` is a branch, tag, commit or experiment; by default what is there, or HEAD of the
        default branch. Fetched once, it stays in ~/.cache/reprise, under its hash.

        Raises:
            ModelError: it cannot be fetched, or is no model of Reprise; DVC is not installed.
        """
        file, origin = dvc_model.fetch(url, rev, path), f"{dvc_model.place(url, rev)}:{path}"
        try:
            made = cls(file, threads=threads)
        except ModelError as error:  # names the file by its hash
            raise ModelError(str(error).replace(str(file), origin)) from error
        made._origin = origin
        return made

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the model's outputs."""
        return self._model.metadata.classes

    @overload
    def __call__(  # type: ignore[overload-overlap]  # a file is an iterator of bytes, too
        self, pictures: OneOpened, *, top: int = 3, threshold: float | None = None
    ) -> Classification: ...
    @overload
    def __call__(
        self, pictures: str | os.PathLike[str], *, top: int = 3, threshold: float | None = None
    ) -> Any: ...  # noqa: ANN401 - one, or of a folder several
    @overload
    def __call__(
        self, pictures: Several, *, top: int = 3, threshold: float | None = None
    ) -> Classifications: ...
    def __call__(
        self, pictures: Any, *, top: int = 3, threshold: float | None = None
    ) -> Classification | Classifications:
        """Return the `top` classes of a picture, or of each of a list, a folder or a glob.

        An answer of a probability below `threshold` is unknown, beside what the model itself says.

        A picture is a path, an address, bytes, a file open in binary, an array uint8 [H, W] or
        [H, W, C], or one of Pillow. Decoding, resizing and answers are those of `reprise predict`.
        Where there are several, one that cannot be predicted has a row with the error.

        Raises:
            PictureError: the one picture cannot be predicted, or a folder holds none.
            ValueError: `top` is no whole number from 1, or `threshold` none from 0 to 1.
            ModelError: the model fails.
        """
        skipped = Skipped()
        least = None if threshold is None else checked_share("threshold", threshold)
        made = self._predictions(pictures, checked("top", top), skipped)
        found = [one if isinstance(one, Failure) else hold(one, least) for one in made]
        if not given.is_plural(pictures):
            return Classification(given.require(found[0]))
        if len(found) == 1 and isinstance(pictures, str | os.PathLike):
            given.require(found[0])  # what is wrong with the folder itself
        return Classifications(found, str(skipped) if skipped.names else "")

    def explain(self, picture: object, label: str | None = None) -> Explanation:
        """Return where a picture shows a class, by default the most probable.

        It covers one place after the other, so that it takes as long as some 200 predictions.

        Raises:
            PictureError: the picture cannot be predicted.
            ValueError: there is no such class, or not exactly one picture.
            ModelError: the model fails.
        """
        chosen = None if label is None else explanation.index(label, self.classes)
        found = list(islice(self._loaded(picture, Skipped()), 2))
        if len(found) != 1:
            number = "several" if found else "none"
            raise ValueError(f"explains one picture, and {number} are given; ask for one by one")
        loaded = given.require(found[0])
        return explanation.explain(self._model, loaded.pixels, chosen)

    def _predictions(
        self, pictures: object, top: int, skipped: Skipped
    ) -> Iterator[Prediction | Failure]:
        """Yield what is found; pixels are kept of the first alone, as a folder may have many."""
        loaded = self._loaded(pictures, skipped)
        for row, one in enumerate(predict(loaded, self._model, self._batch_size, top)):
            if isinstance(one, Prediction) and row >= ROWS:
                yield one._replace(pixels=UNSEEN)
            else:
                yield one

    def _loaded(self, pictures: object, skipped: Skipped) -> Iterator[Loaded | Failure]:
        spec = self._model.metadata.spec
        sources = given.sources(pictures, spec.channels, skipped)
        return load_all(sources, spec, self._threads, ahead=self._batch_size)

    def __repr__(self) -> str:
        spec, count = self._model.metadata.spec, len(self.classes)
        return (
            f"Classifier({self._origin!r}): {counted(count, 'class', 'classes')}, "
            f"pictures of {spec.height} x {spec.width} x {spec.channels}"
        )
