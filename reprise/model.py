"""Load an exported ONNX model and run it with ONNX Runtime on the CPU."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from reprise import metadata, repository, signature, streams
from reprise.counting import counted
from reprise.escaping import first_line, printable
from reprise.metadata import Metadata
from reprise.shortage import lacking
from reprise.signature import IMAGES, outputs

MODEL = Path("models/export/model.onnx")  # where stage `export` writes it, in a repository
FATAL = 4  # the level of what ONNX Runtime prints: errors are raised, and reported once
FOLDER = "session.model_external_initializers_file_folder_path"  # of weights in files of their own
LONGEST = 300  # letters of a reason
NO_FOLDER = (
    "the name of its folder is no UTF-8, so that files beside it cannot be read: rename the folder"
)


class ModelError(Exception):
    """A file that cannot be used as a model; the message is the reason, with the remedy."""


class Answers(NamedTuple):
    """Outputs for N images; a model without a rule answers all of them."""

    probabilities: np.ndarray  # calibrated, float32 [N, K]
    answered: np.ndarray  # bool [N]
    sets: np.ndarray  # of classes, bool [N, K]
    ood: np.ndarray  # out of distribution, bool [N]


class Model(NamedTuple):
    """A loaded model."""

    metadata: Metadata
    session: InferenceSession
    path: Path
    sha256: str  # of the file, in hexadecimal digits

    def answers(self, images: np.ndarray) -> Answers:
        """Return probabilities and decisions about images uint8 [N, H, W, C].

        Raises:
            ModelError: the model fails, or returns something else.
        """
        pixels = images if self.metadata.input == "uint8" else images.astype(np.float32) / 255
        try:
            found, *decided = self.session.run(outputs(self.metadata), {IMAGES: pixels})
        except Exception as error:  # ONNX Runtime has an exception for each of its status codes
            raise _failed(self.path, error) from error
        expected = (len(images), len(self.metadata.classes))
        if np.shape(found) != expected or not np.isfinite(found).all():
            raise self._wrong(f"no probabilities {list(expected)}")
        if not self.metadata.rule:
            always = np.ones(len(images), bool)
            return Answers(np.asarray(found), always, np.ones(expected, bool), ~always)
        if [np.shape(part) for part in decided] != [expected[:1], expected, expected[:1]]:
            raise self._wrong(f"no decisions about {counted(len(images), 'image')}")
        return Answers(np.asarray(found), *(np.asarray(part, bool) for part in decided))

    def _wrong(self, lacking: str) -> ModelError:
        name = printable(str(self.path))
        return ModelError(f"{name}: returns {lacking}; {remedy()}")


def default(models: Sequence[Path] = (MODEL,)) -> Path:
    """Return the first of these that is there, from here or in the repository one stands in.

    Of none the last, where it would be.
    """
    root = repository.around(Path.cwd())
    near = [*models] if root is None else [Path(os.path.relpath(root / one)) for one in models]
    return next((path for path in [*models, *near] if path.is_file()), near[-1])


def remedy() -> str:
    """Return where a model comes from: in a repository, and for those who have none."""
    if repository.around(Path.cwd()):
        return "name a model that stage `export` wrote, or make one by `dvc repro export`"
    return (
        f"name a model.onnx that Reprise exported: whoever trained it has it as {MODEL}, and "
        f"`dvc get URL {MODEL}` fetches it from their repository"
    )


def load(path: Path, threads: int) -> Model:
    """Load a model that stage `export` wrote.

    Raises:
        ModelError: the file is missing, no ONNX model, or not one of Reprise's.
    """
    content = _content(path)
    session = _session(content, path, threads)
    name = printable(str(path))
    try:
        text = session.get_modelmeta().custom_metadata_map.get(metadata.KEY)  # may be no UTF-8
        if text is None:
            raise ModelError(
                f"{name}: has no metadata of Reprise, so it was exported by another program or an "
                f"old version; {remedy()}"
            )
        digest = hashlib.sha256(content).hexdigest()
        model = Model(metadata.parse(text), session, path, digest)
        signature.check(session, model.metadata)
    except ValueError as error:
        raise ModelError(
            f"{name}: its metadata are of another version of Reprise ({printable(str(error))}); "
            f"{remedy()}, or install that version"
        ) from error
    if reason := signature.unusable(model.metadata.classes):
        raise ModelError(f"{name}: its metadata name {reason}; {remedy()}")
    return model


def _session(content: bytes, path: Path, threads: int) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = FATAL
    folder = _folder(path)
    options.add_session_config_entry(FOLDER, folder)
    try:
        # Without the fallback, which prints the error and tries the same again.
        return InferenceSession(
            content, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except Exception as error:  # ONNX Runtime has an exception for each of its status codes
        if lacking(error):
            raise _failed(path, error) from error
        then = NO_FOLDER if folder == os.devnull and folder in str(error) else remedy()
        raise ModelError(
            f"{printable(str(path))}: is no ONNX model that ONNX Runtime can run "
            f"({_reason(error)}); {then}"
        ) from error


def _folder(path: Path) -> str:
    """Return where weights in files of their own lie: nowhere, if ONNX Runtime takes no such name.

    Without a folder it would take what has their name where one stands.
    """
    try:
        str(path.parent).encode()
    except UnicodeEncodeError:  # it is no UTF-8, or the locale is not
        return os.devnull
    return str(path.parent)


def _content(path: Path) -> bytes:
    name = printable(str(path))
    try:
        if streams.is_foreign(path):
            raise ModelError(f"{name}: {streams.REASON}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{name}: is missing; {remedy()}") from error
    except OSError as error:
        raise ModelError(f"{name}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # a zero byte
        raise ModelError(
            f"{name}: is no name that a file can have ({error}); {remedy()}"
        ) from error
    except MemoryError as error:
        raise _failed(path, error) from error


def _failed(path: Path, error: Exception) -> ModelError:
    """Return an error that says whether the machine or the model is at fault."""
    needs = lacking(error)
    then = (
        f"it needs more {needs} than there is; try a lower --batch-size or fewer --threads, or "
        "another model"
        if needs
        else remedy()
    )
    return ModelError(f"{printable(str(path))}: fails when it is run ({_reason(error)}); {then}")


def _reason(error: Exception) -> str:
    return first_line(error)[:LONGEST]
