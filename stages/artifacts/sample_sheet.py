"""Artifact `metrics/preprocess`: samples.svg, a contact sheet of training images."""

from pathlib import Path

from stages import files

PATH = Path("metrics/preprocess")


def write(sheet: str, path: Path = PATH) -> None:
    """Write the sheet, as SVG."""
    with files.replacing(path) as folder:
        folder.mkdir()
        (folder / "samples.svg").write_text(sheet, encoding="utf-8", newline="\n")
