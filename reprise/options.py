"""The command line of `reprise-predict`."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from reprise.cores import cores
from reprise.model import MODEL
from reprise.output import OutputFormat

PYTORCH = (".pt", ".pt2", ".pth", ".safetensors")  # suffixes of models for PyTorch
USAGE = "reprise-predict [MODEL.onnx] IMAGES... [options]"
EPILOG = f"""\
MODEL.onnx was written by stage `export` of Reprise; the default is {MODEL}.

IMAGES are
  files      in any format that Pillow decodes, whatever their suffix
  folders    searched recursively, without hidden files, for files with the suffix or the content
             of an image; other files are counted on standard error
  globs      in quotes, where ** matches any number of folders: 'photos/**/*.jpg'
  -          standard input: the bytes of one image, or one file, folder or glob a line

A model that was exported with evaluate.abstain or evaluate.ood_quantile says `unknown` where it is
not sure enough, or a picture is unlike those that it knows; JSON lines have null as the answer.

Rows are printed batch by batch. A picture that cannot be read is reported on standard error with
the reason, and the others are predicted.

exit codes: 0 all was predicted, 1 not all, 2 wrong usage, 130 interrupted, 141 the reader of the
output has closed it
"""


class Options(NamedTuple):
    """The arguments of the command."""

    model: Path
    images: list[str]
    top: int
    format: OutputFormat
    batch_size: int
    threads: int
    sheet: Path | None
    sets: bool = False


def parse(arguments: Sequence[str] | None) -> Options:
    """Parse the command line; print the usage and exit with code 2 where it is wrong."""
    parser = _parser()
    # parse_args would take only the first of names before and after an option.
    values = vars(parser.parse_intermixed_args(arguments))
    names: list[str] = values.pop("names")
    if names[0].lower().endswith(PYTORCH):
        parser.error(f"{names[0]} is for PyTorch; name the model.onnx or model.int8.onnx beside it")
    model = Path(names.pop(0)) if names[0].lower().endswith(".onnx") else MODEL
    if not names:
        parser.error("name IMAGES, too: files, folders, globs, or - for standard input")
    return Options(model=model, images=names, **values)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "reprise-predict",
        usage=USAGE,
        description="Print the classes of pictures, as an exported model predicts them. Defaults "
        "stand in brackets.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("names", nargs="+", metavar="IMAGES", help="see below; MODEL.onnx comes first")
    add("--top", type=_count, default=3, metavar="K", help="classes for each picture (3)")
    add("--format", choices=get_args(OutputFormat), default="table", help="of the output (table)")
    add("--batch-size", type=_count, default=32, metavar="N", help="pictures in a batch (32)")
    add("--threads", type=_count, default=cores(), metavar="N", help="one a core (%(default)s)")
    add("--sets", action="store_true", help="show the conformal set in the table, too")
    add("--sheet", type=_png, metavar="OUT.png", help="also draw the pictures with their classes")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"must be a whole number from 1, is {text!r}")
    return int(text)


def _png(text: str) -> Path:
    """Return the path of the sheet; check before a long run that it can be written after it."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise ArgumentTypeError(f"must end in .png, is {text!r}")
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"{path.parent} is no folder; make it first")
    return path
