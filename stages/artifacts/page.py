"""Artifact `metrics/evaluate/report.html`: one page for a person, that opens without a network."""

from pathlib import Path

from stages import files

PATH = Path("metrics/evaluate/report.html")


def write(html: str, path: Path = PATH) -> None:
    """Write the page."""
    with files.replacing(path) as partial:
        partial.write_text(html, encoding="utf-8")
