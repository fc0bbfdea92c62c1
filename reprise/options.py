"""The command line of `reprise-predict`."""

import os
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from reprise.output import OutputFormat

MODEL = Path("models/export/model.onnx")  # where stage `export` writes it
OTHERS = (".pt", ".pt2", ".pth", ".safetensors")  # suffixes of models for PyTorch
USAGE = "reprise-predict [MODEL.onnx] IMAGES... [options]"
EPILOG = f"""\
MODEL.onnx is a model that stage `export` of Reprise wrote; without it, {MODEL}.

IMAGES are
  files      of any format that Pillow decodes, whatever their suffix
  folders    with all that is below, but for hidden files: what has the suffix of an image, or is
             one by its content; what else is there is counted on standard error
  globs      in quotes, where ** stands for any folders: 'photos/**/*.jpg'
  -          standard input: the bytes of one image, or what IMAGES may be, one a line

Rows appear while the next pictures are being decoded. A picture that cannot be read is reported
on standard error with the reason, and the others are predicted.

exit codes: 0 all was predicted, 1 not all, 2 wrong usage, 130 interrupted, 141 the reader of the
output is gone
"""


class Options(NamedTuple):
    """What the user asks for."""

    model: Path
    images: list[str]
    top: int
    format: OutputFormat
    batch_size: int
    threads: int
    sheet: Path | None


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line; a mistake in it ends the process with usage and exit code 2."""
    parser = _parser()
    # Not parse_args: of names before and after an option, it would take the first ones only.
    values = vars(parser.parse_intermixed_args(arguments))
    names: list[str] = values.pop("names")
    if names[0].lower().endswith(OTHERS):
        parser.error(f"{names[0]} is for PyTorch; name the model.onnx or model.int8.onnx beside it")
    model = Path(names.pop(0)) if names[0].lower().endswith(".onnx") else MODEL
    if not names:
        parser.error("name IMAGES, too: files, folders, globs, or - for standard input")
    return Options(model=model, images=names, **values)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "reprise-predict",
        usage=USAGE,
        description="Say what is in pictures, with an exported classifier.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("names", nargs="+", metavar="IMAGES", help="see below; the model goes first")
    add("--top", type=_count, default=3, metavar="K", help="classes of each picture (3)")
    add("--format", choices=get_args(OutputFormat), default="table", help="of the rows (table)")
    add("--batch-size", type=_count, default=32, metavar="N", help="pictures at once (32)")
    add("--threads", type=_count, default=_cores(), metavar="N", help="(all cores: %(default)s)")
    add("--sheet", type=_png, metavar="OUT.png", help="draw the pictures with their predictions")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"must be a whole number from 1, is {text!r}")
    return int(text)


def _png(text: str) -> Path:
    """Refuse before a long run what could not be written after it."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise ArgumentTypeError(f"must end in .png, is {text!r}")
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"{path.parent} is no folder; make it first")
    return path


def _cores() -> int:
    """Return the cores that this process may use, not all that the machine has."""
    known = hasattr(os, "sched_getaffinity")  # not on macOS and Windows
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
