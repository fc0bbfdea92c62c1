"""Code for the workers of a cluster: compare code, libraries and files, then run a task."""

import platform
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from distributed import get_worker
from PIL import features

from reprise.escaping import first_line
from reprise.shortage import lacking
from stages import versions
from stages.errors import REMEDIES, UserError
from stages.imaging.row_group import ignore_pillow_warnings

LIBRARIES = ("numpy", "pillow", "pillow-heif", "pyarrow")
CODECS = ("jpg", "libjpeg_turbo", "mozjpeg", "jpg_2000", "zlib", "zlib_ng", "libtiff", "webp",
          "avif", "littlecms2")  # fmt: skip
START = "start it anew in a clone of the same commit, with the same libraries: docs/scale.md"
UNSEEN = "is not there, or another file; mount the stage's folder there, or stop that worker"
T = TypeVar("T")


def _code_digest() -> str:
    """Return a digest of the code of the project, as its files are now."""
    root, digest = Path(__file__).parents[2], sha256()
    found = (path for name in ("reprise", "stages") for path in root.glob(f"{name}/**/*.py"))
    for path in sorted(found, key=attrgetter("parts")):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


# As it is imported: a worker that runs on does not see what is edited or checked out later.
CODE = _code_digest()


@cache
def software() -> dict[str, str]:
    """Return the version, here, of all that decides what comes out of decoding."""
    return {
        "this project's code": CODE,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "processor": platform.machine(),
        **versions.installed(LIBRARIES),
        **{f"Pillow's {name}": str(features.version(name)) for name in CODECS},
        "libheif": _libheif(),
    }


def _libheif() -> str:
    """Return the version of the library behind pillow-heif; none without it."""
    if find_spec("pillow_heif") is None:
        return "none"
    import pillow_heif  # noqa: PLC0415

    return str(pillow_heif.libheif_version())


def differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Say what a worker has in other versions than the stage; nothing if all are the same."""
    return ", ".join(
        f"{name} is {found.get(name, 'none')}, here {here}"
        for name, here in wanted.items()
        if found.get(name) != here
    )


class Seen(NamedTuple):
    """A file as the stage sees it; a worker must see the same."""

    path: Path  # absolute
    size: int  # bytes
    changed: int  # nanoseconds


def look(path: Path) -> Seen | None:
    """Look at a file; None where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Seen(path, status.st_size, status.st_mtime_ns)


def sees(files: Sequence[Seen]) -> bool:
    """Return whether files are, on this machine, those that the stage sees."""
    return all(look(file.path) == file for file in files)


class Terms(NamedTuple):
    """Software and files that a worker must have to run a task."""

    software: Mapping[str, str]
    files: tuple[Seen, ...]


def run(terms: Terms, function: Callable[[], T]) -> T:
    """Call a function on a worker that is as the stage is, though it may have joined just now.

    Raises:
        UserError: it has other software, cannot see a file, or has run out of memory or the like.
    """
    ignore_pillow_warnings()
    place = f"worker {get_worker().address}"
    if flaw := differences(software(), terms.software):
        raise UserError(f"{place}: {flaw}; {START}")
    for file in terms.files:
        if look(file.path) != file:
            raise UserError(f"{place}: {file.path} {UNSEEN}")
    try:
        return function()
    except Exception as error:
        if resource := lacking(error):
            raise UserError(f"{place}: {REMEDIES[resource].format(first_line(error))}") from None
        if isinstance(error, OSError):
            raise UserError(f"{place}: {first_line(error)}; mend that, or stop it") from None
        raise
