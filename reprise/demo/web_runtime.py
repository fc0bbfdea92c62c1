"""ONNX Runtime for browsers: the two files of npm's package onnxruntime-web that a page needs.

They are pinned by their SHA-256, so that it does not matter where they come from: a copy that the
user names, this machine's cache, or npm, which is asked once; `python -m
reprise.demo.web_runtime` fills the cache.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from reprise.escaping import first_line, printable

VERSION = "1.30.0"
TARBALL = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"  # SHA-256
# By their place in the package: the name in the demo, and the SHA-256. This is the build for one
# WebAssembly module, on the CPU alone; a page that uses one thread needs no headers of its host.
MEMBERS = {
    "dist/ort.wasm.bundle.min.mjs": (
        "ort.js",  # not .mjs: some hosts do not know it as JavaScript
        "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    ),
    "dist/ort-wasm-simd-threaded.wasm": (
        "ort.wasm",
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
    ),
}
SECONDS = 300  # that npm may take
REMEDY = f"name a copy with --runtime: `npm pack onnxruntime-web@{VERSION}` fetches one"
Runtime: TypeAlias = Mapping[str, bytes]  # by the name in the demo


class RuntimeFilesError(Exception):
    """The files cannot be had, or are others; the message is the reason, with the remedy."""


def find(named: Path | None) -> Runtime:
    """Return the files of the folder or .tgz `named`; else of the cache, or by npm.

    Raises:
        RuntimeFilesError: they are not there, or are not those of the version that is pinned.
    """
    if named is not None:
        return _unpacked(_read(named), str(named)) if named.is_file() else _folder(named)
    if cache().is_dir():
        return _folder(cache())
    found = _unpacked(_fetched(), "npm's package")
    _keep(found, cache())
    return found


def cache() -> Path:
    """Return the folder in which the files are kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "reprise" / f"onnxruntime-web-{VERSION}"


def _folder(folder: Path) -> Runtime:
    """Return the files of an unpacked package, of its `dist`, or of the cache."""
    name = printable(str(folder))
    found = dict[str, bytes]()
    for member, (own, digest) in MEMBERS.items():
        places = (folder / member, folder / Path(member).name, folder / own)
        place = next((one for one in places if one.is_file()), None)
        if place is None:
            raise RuntimeFilesError(
                f"{name}: has no {member}, expected is onnxruntime-web {VERSION}; {REMEDY}"
            )
        found[own] = _checked(_read(place), digest, place)
    return found


def _unpacked(package: bytes, name: str) -> Runtime:
    """Return the files of a package as npm publishes it; nothing is unpacked before it is known."""
    _checked(package, TARBALL, name)
    with tarfile.open(fileobj=BytesIO(package), mode="r:gz") as archive:
        files = {own: archive.extractfile(f"package/{path}") for path, (own, _) in MEMBERS.items()}
        return {own: file.read() for own, file in files.items() if file}


def _checked(content: bytes, digest: str, place: object) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise RuntimeFilesError(
            f"{printable(str(place))}: its SHA-256 is {found}, that of onnxruntime-web {VERSION} "
            f"is {digest}; delete it, or {REMEDY}"
        )
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuntimeFilesError(
            f"{printable(str(path))}: cannot be read: {error.strerror or error}; {REMEDY}"
        ) from error


def _fetched() -> bytes:
    """Return the package, which npm fetches from the registry that its user has set."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeFilesError(
            f"onnxruntime-web {VERSION} is not on this machine, and npm, which would fetch it, is "
            f"not installed; install Node.js, or {REMEDY}, there where npm is"
        )
    with TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"onnxruntime-web@{VERSION}"]
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, capture_output=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeFilesError(f"npm fails ({first_line(error)}); {REMEDY}") from error
        found = [*Path(folder).glob("*.tgz")]
        if done.returncode or len(found) != 1:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
            raise RuntimeFilesError(
                f"npm cannot fetch onnxruntime-web {VERSION} ({printable(said[0])}); {REMEDY}"
            )
        return _read(found[0])


def _keep(found: Runtime, folder: Path) -> None:
    """Keep the files for the next time, whole; where that fails, they are fetched again then."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        partial.mkdir(parents=True)
        for name, content in found.items():
            (partial / name).write_bytes(content)
        partial.rename(folder)
    except OSError:  # another process was faster, or the disk is full: nothing depends on it
        shutil.rmtree(partial, ignore_errors=True)


if __name__ == "__main__":
    try:
        find(None)
    except RuntimeFilesError as error:
        sys.exit(str(error))
