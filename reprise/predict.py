"""The command `reprise predict`: print the most probable classes of pictures.

`reprise-predict` and `python -m reprise.predict` are the same. It needs an exported model, and of
packages only ONNX Runtime, NumPy and Pillow.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from io import TextIOWrapper

from reprise import by_products, model, output, overwriting, streams
from reprise.by_products import ByProducts
from reprise.directory import Failure, Skipped
from reprise.escaping import printable
from reprise.inputs import find, load_all
from reprise.model import Model, ModelError
from reprise.options import Options, parse
from reprise.output import TableColumns
from reprise.prediction import Prediction, hold, predict
from reprise.shortage import Resource, lacking
from reprise.streams import PrintingError
from reprise.writing import OutputError, whole

REMEDIES: dict[Resource | None, str] = {
    "memory": "memory has run out ({}); choose a lower --batch-size or fewer --threads",
    "threads": "the system starts no further thread ({}); choose fewer --threads, end other "
    "programs, or raise the limit (`ulimit -u`)",
    "files": "too many files are open ({}); raise the limit (`ulimit -n`)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; an error becomes one message."""
    options = parse(arguments)
    # File names come out byte for byte, whatever the locale is; the table escapes what is no text.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    # Pillow decodes a picture although it warns, or the picture is refused.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return run(options)
    except (ModelError, OutputError, PrintingError) as error:
        return _report(str(error))
    except KeyboardInterrupt:
        return _report("stopped", 130)  # 128 + SIGINT, as a shell reports it
    except BrokenPipeError:  # the reader has ended, as `head` does
        streams.discard()
        return 141  # 128 + SIGPIPE
    except Exception as error:
        if message := _explain(error):
            return _report(message)
        raise


def run(options: Options) -> int:
    """Predict and print; return 1 if a picture could not be predicted, else 0."""
    overwriting.check(options)
    if not options.output:
        streams.require_stdout()
    network, skipped = model.load(options.model, options.threads), Skipped()
    row, extras = _writer(options, network), ByProducts(options, network)
    progress, count, failed = by_products.progress(options), 0, 0
    with whole(options.output) if options.output else nullcontext() as rows:
        if options.format == "csv":
            print(output.header(decided=_decides(options, network)), file=rows, flush=True)
        for count, found in enumerate(_predictions(network, options, skipped), start=1):
            if isinstance(found, Failure):
                failed += 1
                progress.clear()
                _report(f"{printable(found.name)}: {printable(found.reason)}")
                if options.format == "jsonl":
                    print(output.json_line(found), file=rows, flush=True)
            else:
                if options.explain:
                    progress.clear()
                print(row(found), file=rows, flush=True)  # at once, for a reader that waits for it
                extras.take(count, found)
            progress.advance()
    progress.clear()
    told = [str(skipped)] if skipped.names else []
    for message in [*told, *extras.finish()]:
        _report(message)
    return _summarize(count, failed)


def _predictions(
    network: Model, options: Options, skipped: Skipped
) -> Iterator[Prediction | Failure]:
    stdin = lambda: open(0, "rb", closefd=False)  # noqa: E731, SIM115
    sources, size = find(options.images, stdin, skipped, options.columns), options.batch_size
    pictures = load_all(sources, network.metadata.spec, options.threads, ahead=size)
    for found in predict(pictures, network, size, options.top):
        yield found if isinstance(found, Failure) else hold(found, options.threshold)


def _writer(options: Options, network: Model) -> Callable[[Prediction], str]:
    """Return what formats a prediction.

    Raises:
        ModelError: sets are asked for, and the model has none.
    """
    rule = network.metadata.rule
    if options.sets and (rule is None or rule.set_threshold is None):
        raise ModelError(
            f"{printable(str(network.path))}: has no sets of classes; set evaluate.conformal_alpha "
            "and export it again, or leave out --sets"
        )
    abstains = (rule is not None and rule.abstains()) or options.threshold is not None
    layout = TableColumns(abstains, options.sets)
    return output.writer(options.format, network.metadata.classes, layout)


def _decides(options: Options, network: Model) -> bool:
    """Return whether predictions have decisions: of the model's rule, or by the threshold."""
    return network.metadata.rule is not None or options.threshold is not None


def _summarize(count: int, failed: int) -> int:
    """Report how much is missing in the output, and return the exit code."""
    if not count:
        return _report("standard input: names no image")
    if failed and count > 1:  # of one, the reason says it all
        _report(f"{failed:,} of {count:,} could not be predicted")
    return int(failed > 0)


def _explain(error: Exception) -> str:
    """Return the message for an error of the machine or its streams; of others an empty text."""
    if (resource := lacking(error)) in REMEDIES:
        return REMEDIES[resource].format(str(error) or type(error).__name__)
    if isinstance(error, OSError):
        streams.discard()  # the disk may be full
        return f"standard input or output: {error.strerror or error}"
    return ""


def _report(message: str, code: int = 1) -> int:
    """Print a message on standard error, and return the exit code."""
    if sys.stderr:  # where it is closed, `print` would take stdout instead
        print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
