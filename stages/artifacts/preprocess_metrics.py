"""Artifacts `metrics/preprocess.json`, figures, and `metrics/preprocess`, pictures."""

from collections.abc import Mapping
from pathlib import Path

from PIL.Image import Image

from stages import files

FINDINGS = Path("metrics/preprocess.json")
PICTURES = Path("metrics/preprocess")


def write(findings: Mapping[str, object], samples: Image, root: Path = Path()) -> None:
    """Write the figures, and the contact sheet of training images as samples.png."""
    with files.replacing(root / PICTURES) as folder:
        folder.mkdir()
        samples.save(folder / "samples.png")
    files.write_metrics(root / FINDINGS, {**findings})
