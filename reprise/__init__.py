"""The predictor, without PyTorch: it imports nothing of `stages` and `tools`, which import it.

With ONNX Runtime, NumPy and Pillow alone it goes from picture files to class probabilities. The
pipeline decodes and resizes with the same code, and shares `escaping` and `shortage`.

    >>> from reprise import Classifier
    >>> Classifier("models/export/model.onnx")("cat.jpg")
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reprise.onnx_classifier import Classifier

__all__ = ["Classifier"]


def __getattr__(name: str) -> object:
    """Import what users take from here when they do: stages import this package for less."""
    if name == "Classifier":
        from reprise.onnx_classifier import Classifier  # noqa: PLC0415

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
