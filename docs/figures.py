"""Fill in the figures of README.md and docs/ from docs/measured.json, which `make bench` writes.

    python -m docs.figures [--check]

In a document a figure stands between two comments, which no reader sees; the first has its key,
that of a part and that of a figure:

    <!--figure:mnist_cnn.ratio-->1.69<!--/-->

Behind a key, .spread is "1.60 to 1.75" or "± 0.01", .min, .max and .n are what they say; and a part
has .processor, .cores, .python, .torch and other versions. A figure is rounded as measured.json
says. With --check, nothing is written, and what differs ends with exit code 1.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import measured
from benchmarks.measuring.measured import Measured
from stages import errors, files
from stages.errors import UserError

README, FOLDER = Path("README.md"), Path("docs")
OPEN, CLOSE = "<!--figure:", "<!--/-->"
FIGURE = re.compile(rf"{OPEN}(?P<key>[\w.-]+)-->(?P<text>(?:(?!<!--)[^\n])*){CLOSE}")


def documents() -> list[Path]:
    """Return the documents in which figures may stand."""
    return [README, *sorted(FOLDER.rglob("*.md"))]


def filled(text: str, found: Measured) -> str:
    """Return a document with every figure as it was measured.

    Raises:
        UserError: a key is unknown, or a figure has no end; with the number of its line.
    """
    return "\n".join(
        _filled(line, found, number) for number, line in enumerate(text.split("\n"), 1)
    )


def _filled(line: str, found: Measured, number: int) -> str:
    if line.count(OPEN) != len(FIGURE.findall(line)):
        raise UserError(f"line {number}: {OPEN} begins no figure; write {OPEN}KEY-->TEXT{CLOSE}")
    try:
        return FIGURE.sub(lambda one: f"{OPEN}{one['key']}-->{found.text(one['key'])}{CLOSE}", line)
    except UserError as error:
        raise UserError(f"line {number}: {error}") from error


def outdated(found: Measured) -> Iterator[tuple[Path, str]]:
    """Yield each document that differs from what was measured, with what it must be.

    Raises:
        UserError: a key is unknown, or a figure has no end; with document and line.
    """
    for path in documents():
        text = path.read_text(encoding="utf-8")
        try:
            made = filled(text, found)
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
        if made != text:
            yield path, made


def main() -> None:
    """Bring all documents up to date, and say which were not."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m docs.figures", description=__doc__, formatter_class=form
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    check, changed = parser.parse_args().check, [*outdated(measured.read())]
    for path, text in changed:
        if not check:
            with files.replacing(path) as partial:
                partial.write_text(text, encoding="utf-8")
        print(f"{path}: {'differs from' if check else 'filled in from'} {measured.PATH}")
    if check and changed:
        raise UserError("run `make figures`")


if __name__ == "__main__":
    errors.run(main)
