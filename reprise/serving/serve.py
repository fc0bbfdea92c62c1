"""The command `reprise serve`: answer over HTTP what an exported model predicts.

`python -m reprise.serving.serve` is the same. It needs the extra `serve`.
"""

import ipaddress
import sys
import warnings
from collections.abc import Sequence

from reprise.escaping import printable
from reprise.model import ModelError
from reprise.serving.settings import Settings, parse
from reprise.shortage import lacking

DIGITS = 640  # of a number in JSON, the least that Python allows: reading takes their square


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; an error becomes one message."""
    settings = parse(arguments)
    # Pillow decodes a picture although it warns, or the picture is refused.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return run(settings)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("reprise"):
            raise
        return _report(
            f"the server needs {error.name}: `pip install starlette uvicorn prometheus-client "
            "python-multipart`, or '.[serve]' in the repository"
        )
    except ModelError as error:
        return _report(str(error))
    except Exception as error:
        if type(error).__name__ == "ListeningError" or lacking(error):
            return _report(str(error))
        raise


def run(settings: Settings) -> int:
    """Load the model, and serve it until a signal ends that."""
    # Packages that the predictor does not need.
    from reprise.serving import listening, log_lines  # noqa: PLC0415
    from reprise.serving.deployment import ModelFile, ModelSource  # noqa: PLC0415
    from reprise.serving.revision import ModelRevision  # noqa: PLC0415
    from reprise.serving.service import Serving  # noqa: PLC0415
    from reprise.serving.swapping import Swapper  # noqa: PLC0415

    log_lines.start(settings.log_format)
    sys.set_int_max_str_digits(DIGITS)
    file = ModelFile(settings.model, settings.name, settings.threads)
    place = settings.revision
    origin: ModelSource = ModelRevision(place, file) if place else file
    with listening.listen(settings.host, settings.port) as opened:
        if not settings.token and not _is_own(settings.host):
            log_lines.LOG.warning(
                "%s: everybody who reaches this address can use the model; set --token-file",
                printable(settings.host),
            )
        seen = origin.seen()
        service = Serving(settings, origin.load())
        listening.run(service, Swapper(origin, service, seen), opened)
    return 0


def _is_own(host: str) -> bool:
    """Return whether a host is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _report(message: str) -> int:
    if sys.stderr:
        print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
