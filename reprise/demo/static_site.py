"""Write the page with a model and ONNX Runtime as one folder, which any static host serves."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path, PurePosixPath

from reprise import signature
from reprise.demo.web_runtime import Runtime
from reprise.escaping import printable
from reprise.metadata import Metadata
from reprise.signature import DIGITS

PAGE = Path(__file__).parent / "page"
LICENSE = Path(__file__).parent / "LICENSE.onnxruntime-web.txt"
MANIFEST, MADE_BY = "demo.json", "reprise demo"
MODE = (b'data-answers="server"', b'data-answers="browser"')  # who answers, in index.html
NAMED = 3  # files in a message


class SiteError(Exception):
    """A folder that cannot be written; the message is the reason, with the remedy."""


def describe(metadata: Metadata, content: bytes, name: str) -> dict[str, object]:
    """Return what the page is to know of a model, as a server tells it at /model, and two things.

    `format` of the input is that of its values, and `decides` says whether it has a rule.
    """
    said = signature.describe(metadata, name, hashlib.sha256(content).hexdigest()[:DIGITS])
    said["input"] |= {"format": metadata.input}
    return said | {"decides": metadata.rule is not None}


def collect(model: bytes, described: Mapping[str, object], runtime: Runtime) -> dict[str, bytes]:
    """Return the files of the folder; the manifest, which names them, comes last."""
    page = {
        path.name: path.read_bytes()
        for path in sorted(PAGE.iterdir(), key=attrgetter("name"))
        if path.is_file()
    }
    page["index.html"] = page["index.html"].replace(*MODE)
    found = page | {"model.onnx": model, "runtime/LICENSE.txt": LICENSE.read_bytes()}
    found |= {f"runtime/{name}": content for name, content in runtime.items()}
    files = {name: len(content) for name, content in found.items()}
    manifest = {"made_by": MADE_BY, "model": described, "files": files}
    return {**found, MANIFEST: json.dumps(manifest, indent=1).encode()}


def check(folder: Path) -> None:
    """Refuse a folder that holds anything which this command did not write.

    Raises:
        SiteError: it does, or is no folder, or the command runs within it.
    """
    name = printable(str(folder))
    if Path.cwd().is_relative_to(folder):
        raise SiteError(f"{name}: is the folder that this command runs in; name a new one in it")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SiteError(f"{name}: is a file; name a folder")
    # A link to a folder counts as a file: of this command there is none.
    present = {
        path.relative_to(folder).as_posix() + "/" * (path.is_dir() and not path.is_symlink())
        for path in folder.rglob("*")
    }
    if others := sorted(present - _written(folder)):
        shown = ", ".join(map(printable, others[:NAMED]))
        more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
        raise SiteError(
            f"{name}: holds {shown}{more}, which `reprise demo` did not write; name a new folder"
        )


def _written(folder: Path) -> set[str]:
    """Return what an earlier run wrote into a folder, by its manifest; folders end in a slash."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["made_by"] != MADE_BY:
            return set()
        files = {MANIFEST, *manifest["files"]}
        return files | {f"{above}/" for name in files for above in PurePosixPath(name).parents}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files beside the folder, then put them in its place.

    Raises:
        SiteError: the disk is full, or the place cannot be written.
    """
    partial, old = (folder.with_name(f".{folder.name}.{state}") for state in ("partial", "old"))
    try:
        for left in (partial, old):
            shutil.rmtree(left, ignore_errors=True)  # of a killed run
        for name, content in files.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise SiteError(
            f"{printable(str(folder))}: cannot be written: {error.strerror or error}; free some "
            "space, mend the permissions, or name another folder"
        ) from error
