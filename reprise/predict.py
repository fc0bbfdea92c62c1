"""The command `reprise-predict`, also `python -m reprise.predict`: what is in pictures.

It needs an exported model, ONNX Runtime, NumPy and Pillow: nothing of the pipeline.
"""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path

from PIL import Image as Picture

from reprise import model, output
from reprise.directory import Failure, Skipped
from reprise.escaping import printable
from reprise.inputs import find, load_all
from reprise.model import Model, ModelError
from reprise.options import Options, parse
from reprise.output import ProgressLine
from reprise.prediction import Prediction, predict
from reprise.sheet import MOST, contact_sheet
from reprise.shortage import Resource, lacking

REMEDIES: dict[Resource | None, str] = {
    "memory": "memory has run out ({}); less of it takes a lower --batch-size, or fewer --threads",
    "threads": "the system starts no further thread ({}); choose fewer --threads, end other "
    "programs, or raise the limit (`ulimit -u`)",
    "files": "too many files are open ({}); raise the limit (`ulimit -n`)",
}


class SheetError(Exception):
    """Why the contact sheet cannot be written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; a mistake becomes one message."""
    options = parse(arguments)
    # File names come out byte for byte, whatever the locale is.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    # Pillow has coped with what it warns of, or the picture is refused.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return run(options)
    except (ModelError, SheetError) as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return _complain("stopped", 130)  # 128 + SIGINT, as a shell reports it
    except BrokenPipeError:  # `| head` has seen enough
        _forget_stdout()
        return 141  # 128 + SIGPIPE
    except Exception as error:
        if (resource := lacking(error)) in REMEDIES:
            return _complain(REMEDIES[resource].format(str(error) or type(error).__name__))
        if not isinstance(error, OSError):
            raise
        _forget_stdout()  # a full disk
        return _complain(f"standard input or output: {error.strerror or error}")


def run(options: Options) -> int:
    """Predict and print; return 1 if anything could not be predicted, else 0."""
    network = model.load(options.model, options.threads)
    row, most = output.writer(options.format, network.card.classes), MOST if options.sheet else 0
    if options.format == "csv":
        print(output.HEADER, flush=True)
    shown, progress, count, failed = list[Prediction](), ProgressLine(), 0, 0
    skipped = Skipped()
    for count, found in enumerate(_predicted(network, options, skipped), start=1):  # noqa: B007
        if isinstance(found, Failure):
            failed += 1
            progress.clear()
            _complain(f"{printable(found.name)}: {printable(found.reason)}")
        else:
            print(row(found), flush=True)  # at once, for whoever reads along
            shown += [found] if len(shown) < most else []
        progress.advance()
    progress.clear()
    if skipped.names:
        _complain(str(skipped))
    if options.sheet and shown:
        _save(contact_sheet(shown), options.sheet)
    return _result(count, failed, most)


def _predicted(
    network: Model, options: Options, skipped: Skipped
) -> Iterator[Prediction | Failure]:
    sources = find(options.images, lambda: open(0, "rb", closefd=False), skipped)  # noqa: SIM115
    size = options.batch_size
    pictures = load_all(sources, network.card.spec, options.threads, ahead=size)
    return predict(pictures, network, size, options.top)


def _save(picture: Picture.Image, path: Path) -> None:
    try:
        picture.save(path)
    except OSError as error:
        raise SheetError(f"{path}: cannot be written: {error.strerror or error}") from error


def _result(count: int, failed: int, most: int) -> int:
    """Say what is not in the output, and return the exit code."""
    if not count:
        return _complain("standard input: names no image")
    if 0 < most < count - failed:
        _complain(f"the sheet shows the first {most} of {count - failed:,} pictures")
    if failed:
        _complain(f"{failed:,} of {count:,} could not be predicted")
    return int(failed > 0)


def _complain(message: str, code: int = 1) -> int:
    if sys.stderr:  # where it is closed, `print` would take stdout instead
        print(message, file=sys.stderr)
    return code


def _forget_stdout() -> None:
    """Keep Python from writing at its end what nobody takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
