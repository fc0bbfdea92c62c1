"""The command `reprise draw-clothes`: draw a data set of clothes that look like photographs.

`python -m reprise.clothes.draw_clothes OUT` is the same.
"""

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from secrets import token_hex

from reprise import arguments as values
from reprise import streams
from reprise.capacity import cores
from reprise.clothes.garments import KINDS
from reprise.clothes.photograph import jpeg
from reprise.command_parser import CommandParser
from reprise.escaping import printable
from reprise.writing import OutputError

EPILOG = """\
OUT gets a folder for each class, as the stage `download` takes them; what else is in it stays. The
same seed gives the same bytes; a larger count adds images, and changes none.

exit codes: 0 written, 1 not written, 2 wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; an error becomes one message."""
    options = parser().read(arguments)
    return streams.tell(lambda: run(options), OutputError)


def run(options: Namespace) -> str:
    """Draw the images, and return what to say about them.

    Raises:
        OutputError: the folder has such a class, or cannot be written.
    """
    out: Path = options.out
    shown = printable(str(out))
    if out.is_symlink() and not out.exists():
        raise OutputError(f"{shown}: is a link to what is not there; name another folder")
    if there := [kind for kind in KINDS if os.path.lexists(out / kind)]:
        raise OutputError(f"{shown}: has {there[0]} already; name another folder")
    try:
        _write(out.resolve(), options.count, options.seed)
    except OSError as error:
        raise OutputError(f"{shown}: cannot be written: {error.strerror or error}") from error
    total = len(KINDS) * options.count
    return f"{shown}: {total:,} images in {len(KINDS)} classes: {', '.join(KINDS)}"


def _write(out: Path, count: int, seed: int) -> None:
    """Draw beside the folder, and move the classes there when all are drawn."""
    partial = out.with_name(f".{token_hex(8)}.partial")
    try:
        for kind in KINDS:
            (partial / kind).mkdir(parents=True)
        with ThreadPoolExecutor(cores()) as threads:  # NumPy and Pillow let go of Python's lock
            pieces = product(enumerate(KINDS), range(count))
            for _ in threads.map(lambda piece: _draw(partial, seed, *piece), pieces):
                pass  # an error is raised here
        out.mkdir(exist_ok=True)
        for kind in KINDS:
            (partial / kind).replace(out / kind)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _draw(folder: Path, seed: int, kind: tuple[int, str], index: int) -> None:
    number, name = kind
    (folder / name / f"{index:03}.jpg").write_bytes(jpeg(name, (seed, number, index)))


def parser() -> CommandParser:
    """Return the parser of the command."""
    about = "Draw photographs of clothes, to try a classifier without a download."
    made = CommandParser("reprise draw-clothes", about, EPILOG)
    add = made.add_argument
    add("out", type=values.folder, metavar="OUT", help="the folder to write")
    add("--count", type=values.count, default=60, metavar="N",
        help="images of each class (%(default)s)")  # fmt: skip
    add("--seed", type=values.seed, default=0, metavar="N", help="other images (%(default)s)")
    return made


if __name__ == "__main__":
    sys.exit(main())
