"""The command line of `reprise serve`."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from reprise import model
from reprise.arguments import count, threads
from reprise.capacity import cores
from reprise.command_parser import CommandParser
from reprise.decoding import LARGEST
from reprise.model import MODEL
from reprise.options import PYTORCH
from reprise.serving import secret
from reprise.serving.secret import TOKEN

LONGEST, LETTERS = 3600, 20  # seconds of a time limit, and letters of a number that is told
NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]{1,100}")  # of a model: a part of addresses
LogFormat = Literal["text", "json"]
EPILOG = f"""\
MODEL was written by stage `export` of Reprise; the default is
{MODEL} in the repository that you stand in. The file is
watched: a new one is loaded beside the old one, tried, and takes its place
between two batches; SIGHUP looks at once. So it is where --rev moves, which
the repository is asked every 30 s.

The first SIGTERM ends the server: for --drain seconds /ready says 503 and
requests are still taken, then those that were taken are answered. The second
one ends it at once; Ctrl-C does not wait for more.

It has a page at / to try the model, and answers /predict, /model, /v2 (Open
Inference Protocol), /health, /ready and /metrics. /openapi.json describes them
all; docs/serving.md, in the repository of Reprise, has examples.

exit codes: 0 ended as asked, 1 it could not start, 2 wrong usage
"""


class Allowance(NamedTuple):
    """Limits of a request: sizes, counts and seconds."""

    bytes: int = 2**25  # of a body
    pixels: int = 2**26  # of a picture, before it is resized
    images: int = 64  # of a request
    queue: int = 256  # pictures of all requests that are not answered yet
    seconds: float = 20.0  # that a header may take, and a body


class Settings(NamedTuple):
    """The arguments of the command."""

    model: Path
    name: str
    host: str
    port: int
    token: str | None
    limits: Allowance
    batch_size: int
    threads: int
    drain: float  # seconds between the signal and the end of taking requests
    log_format: LogFormat
    revision: tuple[str, str] | None = None  # address and revision of a Git repository


def parse(arguments: Sequence[str] | None) -> Settings:
    """Parse the command line; print the usage and exit with code 2 where it is wrong."""
    line = parser()
    given = line.read(arguments)
    given.model = given.model or (MODEL if given.repo else model.default())
    if not given.model.name:
        line.error(f"MODEL {str(given.model)!r} names no file; name a model.onnx")
    if given.model.suffix.lower() in PYTORCH:
        line.error(f"{given.model} is for PyTorch; name the model.onnx beside it")
    if given.max_images > given.queue:
        line.error(f"--max-images {given.max_images} exceeds --queue {given.queue}")
    if bool(given.repo) != bool(given.rev):
        line.error("--repo and --rev belong together: which repository, and which tag or branch")
    name = given.name or given.model.stem
    if not NAME.fullmatch(name):
        line.error(f"--name must be 1 to 100 of A-Z a-z 0-9 . _ -, not . or .., is {name!r}")
    try:
        token = secret.read(given.token_file)
    except ValueError as error:
        line.error(str(error))
    limits = Allowance(
        given.max_bytes, given.max_pixels, given.max_images, given.queue, given.timeout
    )
    return Settings(
        given.model, name, given.host, given.port, token, limits, given.batch_size, given.threads,
        given.drain, given.log_format, (given.repo, given.rev) if given.repo else None,
    )  # fmt: skip


def parser() -> CommandParser:
    """Return the parser, from which the completion of shells is made, too."""
    about = "Serve an exported model over HTTP. Defaults stand in brackets."
    made = CommandParser("reprise serve", about, EPILOG)
    add, limits = made.add_argument, Allowance()
    add("model", nargs="?", type=Path, metavar="MODEL", help="see below")
    add("--repo", metavar="URL", help="MODEL is in this Git repository, by DVC; with --rev")
    add("--rev", metavar="REV", help="its tag, branch or commit; one that moves is a new model")
    add("--name", help="of the model in addresses (that of the file, without .onnx)")
    add("--host", default="127.0.0.1", help="where to listen (127.0.0.1: this machine alone)")
    add("--port", type=_whole(0, 65535), default=8000, help="0 takes a free one (8000)")
    add("--token-file", type=Path, metavar="FILE", help=f"with the token to ask for (${TOKEN})")
    add("--batch-size", type=count, default=32, metavar="N", help="pictures in a batch (32)")
    add("--threads", type=threads, default=cores(), metavar="N", help="one a core (%(default)s)")
    _add_limits(made, limits)
    add("--timeout", type=_seconds(0.1), default=limits.seconds, metavar="SECONDS",
        help="that a header may take, and a body (%(default)s)")  # fmt: skip
    add("--drain", type=_seconds(0.0), default=1.0, metavar="SECONDS",
        help="of taking requests after SIGTERM (%(default)s)")  # fmt: skip
    add("--log-format", choices=get_args(LogFormat), default="text", help="of the log (text)")
    return made


def _add_limits(made: CommandParser, limits: Allowance) -> None:
    """Add the limits that are whole numbers."""
    for name, default, what in (
        ("queue", limits.queue, "pictures that wait at most; then 429"),
        ("max-images", limits.images, "of a request"),
        ("max-bytes", limits.bytes, "of a request"),
        ("max-pixels", limits.pixels, "of a picture"),
    ):
        most = LARGEST if name == "max-pixels" else 2**40
        kind = _whole(1, most)
        made.add_argument(
            f"--{name}", type=kind, default=default, metavar="N", help=f"{what} (%(default)s)"
        )


def _whole(least: int, most: int = 10**6) -> Callable[[str], int]:
    def parsed(text: str) -> int:
        if not text.isdecimal() or len(text) > LETTERS or not least <= int(text) <= most:
            reason = f"must be a whole number from {least:,} to {most:,}, is {text[:LETTERS]!r}"
            raise ArgumentTypeError(reason)
        return int(text)

    return parsed


def _seconds(least: float) -> Callable[[str], float]:
    def parsed(text: str) -> float:
        if not re.fullmatch(r"\d+(\.\d+)?", text) or not least <= float(text) <= LONGEST:
            raise ArgumentTypeError(f"must be {least:g} to {LONGEST:,} seconds, is {text!r}")
        return float(text)

    return parsed
