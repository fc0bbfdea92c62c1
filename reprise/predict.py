"""The command `reprise-predict`: print the most probable classes of pictures.

`python -m reprise.predict` is the same. It needs an exported model, and of packages only ONNX
Runtime, NumPy and Pillow.
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
from reprise.output import ProgressLine, TableColumns
from reprise.prediction import Prediction, predict
from reprise.sheet import MOST, contact_sheet
from reprise.shortage import Resource, lacking

REMEDIES: dict[Resource | None, str] = {
    "memory": "memory has run out ({}); choose a lower --batch-size or fewer --threads",
    "threads": "the system starts no further thread ({}); choose fewer --threads, end other "
    "programs, or raise the limit (`ulimit -u`)",
    "files": "too many files are open ({}); raise the limit (`ulimit -n`)",
}


class SheetError(Exception):
    """A contact sheet that cannot be written; the message is the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; an error becomes one message."""
    options = parse(arguments)
    # File names come out byte for byte, whatever the locale is.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    # Pillow decodes a picture although it warns, or the picture is refused.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return run(options)
    except (ModelError, SheetError) as error:
        return _report(str(error))
    except KeyboardInterrupt:
        return _report("stopped", 130)  # 128 + SIGINT, as a shell reports it
    except BrokenPipeError:  # the reader has ended, as `head` does
        _discard_stdout()
        return 141  # 128 + SIGPIPE
    except Exception as error:
        if message := _explain(error):
            return _report(message)
        raise


def run(options: Options) -> int:
    """Predict and print; return 1 if a picture could not be predicted, else 0."""
    network, skipped = model.load(options.model, options.threads), Skipped()
    rule = network.metadata.rule
    layout = TableColumns(rule is not None and rule.abstains(), _sets(options, network))
    row = output.writer(options.format, network.metadata.classes, layout)
    if options.format == "csv":
        print(output.HEADER + (output.DECIDED if rule else ""), flush=True)
    most = MOST if options.sheet else 0
    shown, progress, count, failed = list[Prediction](), ProgressLine(), 0, 0
    for count, found in enumerate(_predictions(network, options, skipped), start=1):  # noqa: B007
        if isinstance(found, Failure):
            failed += 1
            progress.clear()
            _report(f"{printable(found.name)}: {printable(found.reason)}")
        else:
            print(row(found), flush=True)  # at once, for a reader that waits for it
            shown += [found] if len(shown) < most else []
        progress.advance()
    progress.clear()
    if options.sheet and shown:
        _save(contact_sheet(shown), options.sheet)
    return _summarize(count, failed, most, skipped)


def _predictions(
    network: Model, options: Options, skipped: Skipped
) -> Iterator[Prediction | Failure]:
    sources = find(options.images, lambda: open(0, "rb", closefd=False), skipped)  # noqa: SIM115
    size = options.batch_size
    pictures = load_all(sources, network.metadata.spec, options.threads, ahead=size)
    return predict(pictures, network, size, options.top)


def _sets(options: Options, network: Model) -> bool:
    """Return whether to show sets of classes.

    Raises:
        ModelError: the model has none.
    """
    rule = network.metadata.rule
    if options.sets and (rule is None or rule.set_threshold is None):
        raise ModelError(
            f"{printable(str(network.path))}: has no sets of classes; set evaluate.conformal_alpha "
            "and export it again, or leave out --sets"
        )
    return options.sets


def _save(picture: Picture.Image, path: Path) -> None:
    try:
        picture.save(path)
    except OSError as error:
        raise SheetError(f"{path}: cannot be written: {error.strerror or error}") from error


def _summarize(count: int, failed: int, most: int, skipped: Skipped) -> int:
    """Report how much is missing in the output, and return the exit code."""
    if skipped.names:
        _report(str(skipped))
    if not count:
        return _report("standard input: names no image")
    if 0 < most < count - failed:
        _report(f"the sheet shows the first {most} of {count - failed:,} pictures")
    if failed:
        _report(f"{failed:,} of {count:,} could not be predicted")
    return int(failed > 0)


def _explain(error: Exception) -> str:
    """Return the message for an error of the machine or its streams; of others an empty text."""
    if (resource := lacking(error)) in REMEDIES:
        return REMEDIES[resource].format(str(error) or type(error).__name__)
    if isinstance(error, OSError):
        _discard_stdout()  # the disk may be full
        return f"standard input or output: {error.strerror or error}"
    return ""


def _report(message: str, code: int = 1) -> int:
    """Print a message on standard error, and return the exit code."""
    if sys.stderr:  # where it is closed, `print` would take stdout instead
        print(message, file=sys.stderr)
    return code


def _discard_stdout() -> None:
    """Keep Python from flushing what is left to a closed pipe or a full disk when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
