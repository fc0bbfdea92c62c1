"""The predictor, without PyTorch: it imports nothing of `stages` and `tools`, which import it.

With ONNX Runtime, NumPy and Pillow alone it goes from picture files to class probabilities. The
pipeline decodes and resizes with the same code, and shares `escaping` and `shortage`.

    >>> from reprise import Classifier
    >>> Classifier("models/export/model.onnx")("cat.jpg")

`ModelError` says why a model cannot be used, `PictureError`, a ValueError, why a picture cannot.
"""

import os
from typing import TYPE_CHECKING

# Before anything imports ONNX Runtime, which would write to the home folder and report home.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from reprise.model import ModelError
    from reprise.onnx_classifier import Classifier, PictureError

__all__ = ["Classifier", "ModelError", "PictureError"]


def __getattr__(name: str) -> object:
    """Import what users take from here when they do: stages import this package for less."""
    if name in __all__:
        from reprise import onnx_classifier  # noqa: PLC0415

        return getattr(onnx_classifier, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names for completion, imported or not."""
    return sorted({*globals(), *__all__})
