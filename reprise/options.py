"""The command line of `reprise predict`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from reprise.arguments import count, file, folder, png, share, threads
from reprise.capacity import cores
from reprise.command_parser import CommandParser
from reprise.inputs import STDIN
from reprise.model import MODEL, default
from reprise.output import OutputFormat
from reprise.sourcing.tabled import PictureColumns

FORMATS: dict[str, OutputFormat] = {
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".txt": "table",
}
PYTORCH = (".pt", ".pt2", ".pth", ".safetensors")  # suffixes of models for PyTorch
USAGE = "reprise predict [MODEL.onnx] IMAGES... [options]"
EPILOG = f"""\
MODEL.onnx was written by stage `export` of Reprise; the default is {MODEL}
in the repository that you stand in.

IMAGES are
  files      in any format that Pillow decodes, whatever their suffix
  folders    searched recursively, without hidden files, for files with the suffix or the content
             of an image; other files are counted on standard error
  globs      in quotes, where ** matches any number of folders: 'photos/**/*.jpg'
  addresses  http and https; s3 and others where fsspec and what it needs for them are installed
  archives   .zip, .tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst: read, never unpacked to the disk
  .parquet   with columns as in data/raw, or a table; a folder of such files; with pyarrow
  .csv .tsv  tables that name files beside them, or addresses; --file-column says which column
  -          standard input: the bytes of one image, or one file, folder or glob a line

A model says `unknown` (in JSON lines: null) if it was exported with evaluate.abstain or
evaluate.ood_quantile, or --threshold is given. Others answer always.

Where a table or Parquet file has labels, the accuracy follows on standard error.

Rows are printed batch by batch. --output writes them to a file, which appears when it is whole.
A picture that cannot be read is named on standard error, with the reason; the others are predicted.

exit codes:
  0    all was predicted
  1    not all was, or the output is full or closed
  2    wrong usage
  130  interrupted
  141  what reads the output has ended, as `head` does
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
    output: Path | None = None
    threshold: float | None = None
    explain: Path | None = None
    columns: PictureColumns = PictureColumns()


def parse(given: Sequence[str] | None) -> Options:
    """Parse the command line; print the usage and exit with code 2 where it is wrong."""
    line = parser()
    values = vars(line.read(given))
    names: list[str] = values.pop("names")
    if names[0].lower().endswith(PYTORCH):
        line.error(f"{names[0]} is for PyTorch; name the model.onnx or model.int8.onnx beside it")
    model = Path(names.pop(0)) if names[0].lower().endswith(".onnx") else default()
    if not names:
        line.error("name IMAGES, too: files, folders, globs, or - for standard input")
    if names.count(STDIN) > 1:
        line.error("- stands more than once; standard input can be read but once")
    columns = PictureColumns(values.pop("file_column"), values.pop("label_column"))
    output: Path | None = values["output"]
    if output and not values["format"] and output.suffix.lower() not in FORMATS:
        line.error(f"--output {output}: ends in none of {', '.join(FORMATS)}; say --format, too")
    values["format"] = values["format"] or (FORMATS[output.suffix.lower()] if output else "table")
    return Options(model=model, images=names, columns=columns, **values)


def parser() -> CommandParser:
    """Return the parser, from which the completion of shells is made, too."""
    about = "Print the classes of pictures, as an exported model predicts them. Defaults stand in "
    made = CommandParser("reprise predict", f"{about}brackets.", EPILOG)
    made.usage = USAGE
    add = made.add_argument
    add("names", nargs="+", metavar="IMAGES", help="see below; MODEL.onnx comes first")
    add("--top", type=count, default=3, metavar="K", help="classes for each picture (3)")
    what = "pictures in a batch (32)"
    add("--batch-size", type=count, default=32, metavar="N", help=what)
    what = "one a core (%(default)s)"
    add("--threads", type=threads, default=cores(), metavar="N", help=what)
    add("--threshold", type=share, metavar="P", help="less probable answers are unknown")
    add("--file-column", metavar="NAME", help="column of tables with the files")
    add("--label-column", metavar="NAME", help="column of tables or Parquet with the labels")
    _add_outputs(made)
    return made


def _add_outputs(made: CommandParser) -> None:
    """Add what is written, where, and how."""
    add = made.add_argument
    add("--format", choices=get_args(OutputFormat), help="(table, or as --output ends)")
    add("--sets", action="store_true", help="show the conformal set in the table, too")
    what = "write the rows there: .jsonl, .csv or .txt"
    add("--output", type=file, metavar="FILE", help=what)
    what = "also draw the pictures with their classes"
    add("--sheet", type=png, metavar="OUT.png", help=what)
    add("--explain", type=folder, metavar="FOLDER", help="write heat maps there: slow")
