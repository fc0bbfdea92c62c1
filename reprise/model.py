"""An exported model, run by ONNX Runtime on the CPU."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from reprise import card
from reprise.card import Card

IMAGES, PROBABILITIES = "images", "probabilities"  # names of the input and of an output
QUIET = 3  # errors only: ONNX Runtime warns of what a user cannot change


class ModelError(Exception):
    """Why a file cannot be used as a model, with the remedy."""


class Model(NamedTuple):
    """A network with all that is needed to use it."""

    card: Card
    session: InferenceSession

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return float32 [N, K], calibrated, of images uint8 [N, H, W, C]."""
        fed = images if self.card.input == "uint8" else images.astype(np.float32) / 255
        (found,) = self.session.run([PROBABILITIES], {IMAGES: fed})
        return np.asarray(found)


def load(path: Path, threads: int) -> Model:
    """Read a model that stage `export` wrote.

    Raises:
        ModelError: the file is missing, no ONNX model, or not one of Reprise's.
    """
    session = _session(path, threads)
    remedy = "export the classifier anew with `dvc repro export`"
    text = session.get_modelmeta().custom_metadata_map.get(card.KEY)
    if text is None:
        raise ModelError(f"{path}: says nothing of its classes and input, for it was not exported "
                         f"by Reprise, or by an old one; {remedy}")  # fmt: skip
    try:
        model = Model(card.parse(text), session)
        _fits(model)
    except ValueError as error:
        raise ModelError(
            f"{path}: what it says of itself is of another version of Reprise ({error}); "
            f"{remedy}, or install that version"
        ) from error
    return model


def _session(path: Path, threads: int) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = QUIET
    try:
        return InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except FileNotFoundError as error:
        raise ModelError(
            f"{path}: is missing; name a model, or make one with `dvc repro export`"
        ) from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # ONNX Runtime has an exception for each of its states
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"{path}: is no ONNX model that ONNX Runtime can run ({reason}); "
            "name one that `dvc repro export` wrote"
        ) from error


def _fits(model: Model) -> None:
    """Compare what the model takes and gives with its card; a size may be left open."""
    spec = model.card.spec
    taken = {one.name: one.shape for one in model.session.get_inputs()}
    given = {one.name: one.shape for one in model.session.get_outputs()}
    if [*taken] != [IMAGES] or PROBABILITIES not in given:
        raise ValueError(
            f"it maps {', '.join(taken)} to {', '.join(given)}, "
            f"expected are {IMAGES} and {PROBABILITIES}"
        )
    found = [*taken[IMAGES][1:], *given[PROBABILITIES][1:]]
    expected = [spec.height, spec.width, spec.channels, len(model.card.classes)]
    pairs = zip(found, expected, strict=False)
    if len(found) != 4 or any(isinstance(one, int) and one != other for one, other in pairs):
        raise ValueError(f"height, width, channels and classes are {found}, expected {expected}")
