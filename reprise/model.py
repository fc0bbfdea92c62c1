"""An exported model, run by ONNX Runtime on the CPU."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from reprise import metadata
from reprise.escaping import printable
from reprise.metadata import Metadata
from reprise.shortage import lacking

IMAGES, PROBABILITIES = "images", "probabilities"  # names of the input and of an output
QUIET = 4  # ONNX Runtime warns of what a user cannot change, and what it raises is told once
REASON = 300  # letters of what ONNX Runtime says that are told


class ModelError(Exception):
    """Why a file cannot be used as a model, with the remedy."""


class Model(NamedTuple):
    """A network with all that is needed to use it."""

    card: Metadata
    session: InferenceSession
    path: Path

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return float32 [N, K], calibrated, of images uint8 [N, H, W, C].

        Raises:
            ModelError: the network fails, or returns anything else.
        """
        fed = images if self.card.input == "uint8" else images.astype(np.float32) / 255
        try:
            (found,) = self.session.run([PROBABILITIES], {IMAGES: fed})
        except Exception as error:  # ONNX Runtime has an exception for each of its states
            raise _failed(self.path, error) from error
        expected = (len(images), len(self.card.classes))
        if np.shape(found) != expected or not np.isfinite(found).all():
            raise ModelError(
                f"{printable(str(self.path))}: returns no probabilities "
                f"{list(expected)}; name a model that `dvc repro export` wrote"
            )
        return np.asarray(found)


def load(path: Path, threads: int) -> Model:
    """Read a model that stage `export` wrote.

    Raises:
        ModelError: the file is missing, no ONNX model, or not one of Reprise's.
    """
    session = _session(path, threads)
    remedy = "export the classifier again with `dvc repro export`"
    name = printable(str(path))
    try:
        text = session.get_modelmeta().custom_metadata_map.get(metadata.KEY)  # it may be no UTF-8
        if text is None:
            raise ModelError(f"{name}: says nothing of its classes and input, for it was not "
                             f"exported by Reprise, or by an old one; {remedy}")  # fmt: skip
        model = Model(metadata.parse(text), session, path)
        _fits(model)
    except ValueError as error:
        raise ModelError(
            f"{name}: what it says of itself is of another version of Reprise "
            f"({printable(str(error))}); {remedy}, or install that version"
        ) from error
    return model


def _session(path: Path, threads: int) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = QUIET
    name = printable(str(path))
    try:
        # Without the fallback, for it prints what went wrong, and tries the same again.
        return InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except FileNotFoundError as error:
        raise ModelError(
            f"{name}: is missing; name a model, or make one with `dvc repro export`"
        ) from error
    except OSError as error:
        raise ModelError(f"{name}: cannot be read: {error.strerror}") from error
    except Exception as error:  # ONNX Runtime has an exception for each of its states
        if lacking(error):
            raise _failed(path, error) from error
        raise ModelError(
            f"{name}: is no ONNX model that ONNX Runtime can run ({_reason(error)}); "
            "name one that `dvc repro export` wrote"
        ) from error


def _failed(path: Path, error: Exception) -> ModelError:
    """Say that a model cannot be run, and whether another machine or another model is needed."""
    needs = lacking(error)
    remedy = (
        f"it needs more {needs} than there is; try a lower --batch-size or fewer --threads, or "
        "another model"
        if needs
        else "name a model that `dvc repro export` wrote"
    )
    return ModelError(f"{printable(str(path))}: fails when it is run ({_reason(error)}); {remedy}")


def _reason(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return printable(lines[0])[:REASON]


def _fits(model: Model) -> None:
    """Compare what the model takes and gives with its card; a size may be left open."""
    spec = model.card.spec
    taken = {one.name: one.shape for one in model.session.get_inputs()}
    given = {one.name: one.shape for one in model.session.get_outputs()}
    if [*taken] != [IMAGES] or PROBABILITIES not in given:
        raise ValueError(
            f"it maps {_names(taken)} to {_names(given)}, expected are {IMAGES} and {PROBABILITIES}"
        )
    found = [*taken[IMAGES][1:], *given[PROBABILITIES][1:]]
    expected = [spec.height, spec.width, spec.channels, len(model.card.classes)]
    pairs = zip(found, expected, strict=False)
    if len(found) != 4 or any(isinstance(one, int) and one != other for one, other in pairs):
        raise ValueError(f"height, width, channels and classes are {found}, expected {expected}")


def _names(found: Iterable[str]) -> str:
    return printable(", ".join(found))[:REASON]
