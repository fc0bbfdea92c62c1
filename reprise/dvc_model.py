"""Fetch a model from a Git repository by its revision, through DVC."""

import hashlib
import os
import re
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reprise import writing
from reprise.escaping import first_line, printable
from reprise.model import ModelError
from reprise.shortage import lacking
from reprise.writing import OutputError

NEEDS = (
    "a model of a repository takes DVC: `pip install 'dvc>=3.60'`, and dvc-s3, dvc-ssh or the like "
    "for where its remote is"
)
CAUSES = 3  # of an error that are told
CLONING = re.compile("^SCM error$|dvc-clone'")  # what DVC says of its own temporary folder
PUSHED = "name another repository, rev or path, or have the model pushed with `dvc push`"
REMEDIES = {  # by the type of an error, as DVC and its parts name it
    "CloneError": "name the address or the folder of a Git repository that you may read",
    "RevError": "name another branch, tag, commit or experiment as rev",
}


def fetch(url: str, rev: str | None, path: str) -> Path:
    """Return where the model of a revision lies; what was fetched once stays there, by its hash.

    Raises:
        ModelError: DVC is not installed, there is no such repository, revision or file, nobody
            pushed it, or it is damaged.
    """
    try:
        from dvc.api import DVCFileSystem  # noqa: PLC0415 - the predictor does without
    except ModuleNotFoundError as error:
        raise ModelError(NEEDS) from error
    try:
        with closing(DVCFileSystem(url, rev=rev)) as files:
            return _cached(files, path)
    except (ModelError, OutputError) as error:
        raise ModelError(f"{place(url, rev)}: {error}") from error
    except Exception as error:  # DVC, Git and each kind of remote have errors of their own
        if lacking(error):
            raise
        reason = _reason(error, url)
        raise ModelError(
            f"{place(url, rev)}: {printable(path)} cannot be fetched ({reason}); "
            f"{REMEDIES.get(type(error).__name__, PUSHED)}"
        ) from error


def _cached(files: Any, path: str) -> Path:  # noqa: ANN401 - DVC has no types
    known = files.info(path).get("md5")  # of a file that DVC has; one of Git has none
    if known is not None and _digest(cached := _folder() / f"{known}.onnx") == known:
        return cached
    with files.open(path, "rb") as file:
        data: bytes = file.read()
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()  # as DVC has it
    if known not in {None, found}:
        raise ModelError(f"{printable(path)} is damaged: its md5 is {found}, not {known}")
    cached = _folder() / f"{found}.onnx"
    cached.parent.mkdir(parents=True, exist_ok=True)
    writing.write(data, cached)
    return cached


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reprise" / "models"


def _digest(path: Path) -> str | None:
    """Return the md5 of a file, or None if it is not there."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _reason(error: BaseException | None, url: str) -> str:
    """Return what an error says, and its causes: DVC's own may be a word or two."""
    told = list[str]()
    while error is not None and len(told) < CAUSES:
        line = first_line(error)
        told += [] if line in told or CLONING.search(line) else [line]
        error = error.__cause__ or error.__context__
    login = urlsplit(_address(url)).netloc.rpartition("@")[0]
    text = ": ".join(told).replace(url, _public(url))
    return text.replace(f"{login}@", "") if login else text


def _address(url: str) -> str:
    """Return an address that can be split, and of another an empty one."""
    try:
        urlsplit(url)
    except ValueError:
        return ""
    return url


def place(url: str, rev: str | None) -> str:
    """Return address and revision as url@rev, without user and password."""
    return printable(_public(url)) + (f"@{printable(rev)}" if rev else "")


def _public(url: str) -> str:
    """Return an address without user, password and query."""
    parts = urlsplit(_address(url))
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
