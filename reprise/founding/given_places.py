"""Where a new repository finds its images, and where DVC keeps its results, as they are given."""

import re
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from reprise.escaping import printable
from reprise.founding.parameter_lines import Value, scalar
from reprise.founding.plumbing import FoundingError, require_utf8, whole_path

TABLES = {".csv", ".tsv"}
SCHEMES = ("http", "https", "s3", "gs", "gcs", "ssh", "sftp", "file")
ZSTD, PARQUET = b"\x28\xb5\x2f\xfd", b"PAR1"  # what such files begin with
# An address of DVC or ssh, a home folder that DVC resolves, a drive of Windows.
FIXED = re.compile(r"\w[\w+.-]*://|[\w.-]+@[\w.-]+:|~|[A-Za-z]:[\\/]")
KINDS = (
    "name a folder with a folder for each class, an archive of one (zip, tar), a table of files "
    "(csv), a Parquet file, or an address (https://)"
)


def require_images(given: str) -> str:
    """Return an address as it is, and a path as a whole one.

    Raises:
        FoundingError: there is nothing, or nothing that the stage `download` takes.
    """
    if "://" in given:
        return _address(given)
    path = whole_path(given, "images: ")
    shown = f"images: {printable(str(path))}"
    try:
        if not path.exists():
            raise FoundingError(f"{shown} is not there; {KINDS}")
        if path.is_dir() and not any(path.iterdir()):
            raise FoundingError(f"{shown} is an empty folder")
        if not path.is_dir() and path.suffix.lower() not in TABLES and not _is_packed(path):
            raise FoundingError(f"{shown} is no archive and no table; {KINDS}")
    except OSError as error:
        raise FoundingError(f"{shown}: {error.strerror or error}") from error
    return str(path)


def image_values(images: str | None) -> dict[str, Value]:
    """Return the parameters that say where the images are."""
    if images is None:
        return {}
    if "://" in images:
        return {"download.dataset": Value("folder"), "download.address": Value(scalar(images))}
    path = Path(images)
    if path.suffix.lower() not in TABLES:
        dataset = "parquet" if path.is_file() and _head(path) == PARQUET else "folder"
        return {"download.dataset": Value(dataset), "download.path": Value(scalar(images))}
    return {
        "download.dataset": Value("table"),
        "download.path": Value(scalar(str(path.parent))),
        "download.table": Value(scalar(path.name)),
    }


def remote_line(given: str) -> str:
    """Return a place as .dvc/config has it: a path as a whole one, quoted as ConfigObj reads it.

    Raises:
        FoundingError: it has a password, or cannot be written there.
    """
    place = given if FIXED.match(given) else str(whole_path(given, "--remote "))
    require_utf8(place)
    require_no_secret("--remote", place, "`dvc remote modify --local storage` keeps one")
    if not place.isprintable() or {*"'\""} <= {*place}:
        raise FoundingError(
            f"--remote {printable(place)}: has a control character, or both kinds of quotes"
        )
    if place == place.strip() and not {*",#'\""} & {*place}:
        return f"url = {place}"
    return f"url = '{place}'" if '"' in place else f'url = "{place}"'


def require_no_secret(what: str, address: str, remedy: str) -> None:
    """Refuse an address with a password, which would be committed.

    Raises:
        FoundingError: it has one, or is none.
    """
    try:
        secret = "://" in address and urlsplit(address).password is not None
    except ValueError as error:
        raise FoundingError(f"{what}: is no address: {error}") from error
    if secret:
        raise FoundingError(f"{what}: a password in it would be committed; {remedy}")


def _address(given: str) -> str:
    require_utf8(given)
    require_no_secret(
        "images: the address", given, "leave it out: ~/.netrc keeps user and password"
    )
    scheme, _, rest = given.partition("://")
    if scheme not in SCHEMES or not rest.strip("/") or not given.isprintable() or " " in given:
        raise FoundingError(
            f"images: {printable(given)}: is no address of images; it begins with "
            f"{', '.join(f'{one}://' for one in SCHEMES)}, and goes on with a host or a path"
        )
    return given


def _is_packed(path: Path) -> bool:
    """Return whether a file is an archive, or Parquet."""
    if _head(path) in {ZSTD, PARQUET} or zipfile.is_zipfile(path):
        return True
    return tarfile.is_tarfile(path)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)
