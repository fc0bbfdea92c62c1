"""The command `reprise demo`: the page to try a model, as a folder that needs no server.

`python -m reprise.demo.demo OUT` is the same.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from reprise import model, streams
from reprise.command_parser import CommandParser
from reprise.counting import counted
from reprise.demo import static_site, web_runtime
from reprise.demo.static_site import SiteError
from reprise.demo.web_runtime import VERSION, RuntimeFilesError
from reprise.escaping import printable
from reprise.model import MODEL, ModelError

# Where stage `export` writes; the page resizes exactly, so that both do.
MODELS = (MODEL.with_name("model_any_size.onnx"), MODEL)
LARGEST = 2**31 - 1  # bytes of a buffer in browsers
EPILOG = f"""\
OUT is written whole, or replaced if this command wrote it. Upload it to any host of static files;
to try it: python -m http.server --directory OUT. The model runs in the visitor's browser, which
needs no network but for these files, and sends no picture to anybody.

Runs onnxruntime-web {VERSION}. Without --runtime, npm (of Node.js) fetches it once, 33 MB; it is
compared with its SHA-256, and kept in ~/.cache/reprise.

exit codes: 0 written, 1 not written, 2 wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code; an error becomes one message."""
    options = parser().read(arguments)
    return streams.tell(lambda: run(options), ModelError, SiteError, RuntimeFilesError)


def run(options: Namespace) -> str:
    """Write the folder, and return what to say about it.

    Raises:
        ModelError, SiteError, RuntimeFilesError: one of the three cannot be had.
    """
    title = _text(options.name)
    folder: Path = options.out.resolve()
    static_site.check(folder)
    path: Path = options.model or model.default(MODELS)
    loaded = model.load(path, threads=1)
    content = _alone(path)
    described = static_site.describe(loaded.metadata, content, path.stem)
    if title:
        described["title"] = title
    files = static_site.collect(content, described, web_runtime.find(options.runtime))
    static_site.write(files, folder)
    shown = printable(str(options.out))
    megabytes = sum(map(len, files.values())) / 1e6
    written = f"{counted(len(files), 'file')}, {megabytes:.0f} MB"
    return (
        f"{shown}: {printable(str(path))} as a page, {written}\n"
        f"Upload it to any static host, or try it: python -m http.server --directory {shown}"
    )


def _text(name: str | None) -> str:
    """Return a title from the bytes of the command line, which are UTF-8 in every locale.

    Raises:
        SiteError: they are not.
    """
    try:
        return (name or "").encode("utf-8", "surrogateescape").decode()
    except UnicodeError as error:
        raise SiteError(f"--name {printable(name or '')}: is no text in UTF-8") from error


def _alone(path: Path) -> bytes:
    """Return the bytes of a model that a browser can load.

    Raises:
        ModelError: it is too large.
    """
    content = path.read_bytes()
    if len(content) > LARGEST or path.with_name(f"{path.name}.data").exists():
        raise ModelError(
            f"{printable(str(path))}: browsers load models of one file of less than 2 GiB; export "
            "a smaller network"
        )
    return content


def parser() -> CommandParser:
    """Return the parser, from which the completion of shells is made, too."""
    made = CommandParser(
        "reprise demo",
        "Write a page that runs an exported model in the browser. Defaults stand in brackets.",
        EPILOG,
    )
    add = made.add_argument
    add("out", type=Path, metavar="OUT", help="the folder to write")
    add("--model", type=Path, metavar="MODEL.onnx",
        help=f"of stage `export` ({MODELS[0]}, or else {MODEL.name} there)")  # fmt: skip
    add("--name", help="the title of the page (what the names of the classes say: ants or bees?)")
    add("--runtime", type=Path, metavar="PLACE", help="a folder or .tgz with onnxruntime-web")
    return made


if __name__ == "__main__":
    sys.exit(main())
