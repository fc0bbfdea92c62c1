"""Source of the named sets: torchvision's datasets, downloaded by `fetch`, also from a mirror."""

import gzip
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from pydantic import Field

from stages.address import joined, public
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.params import Location, Params
from stages.sources.catalog import SETS, EmnistSplit, Entry, SetName
from stages.sources.fetch import fetch
from stages.sources.origin import refuse_linked_folders, scratch
from stages.sources.reports import excerpt
from stages.sources.torchvision_root import IncompleteError, read

Downloader = Callable[..., None]


@contextmanager
def redirect_downloads(kind: str, mirror: str | None, most: int = sys.maxsize) -> Iterator[None]:
    """Fetch what the dataset class `kind` downloads inside the block, from `mirror` if given.

    No file may have more than `most` bytes.

    torchvision's own transfer neither retries nor resumes, leaves half a file behind, cannot read
    S3, and has no setting for another address; so its one function for it is replaced, where it is
    defined and where the module of `kind` imported it by name.

    Raises:
        UserError: a file cannot be fetched, or its md5 is not the one that torchvision knows.
    """
    from torchvision import datasets  # noqa: PLC0415 - takes seconds

    modules = [datasets.utils, sys.modules[getattr(datasets, kind).__module__]]
    affected = [module for module in modules if hasattr(module, "download_url")]
    original = datasets.utils.download_url
    try:
        for module in affected:
            setattr(module, "download_url", _download(mirror, most))  # noqa: B010 - not in its type
        yield
    finally:
        for module in affected:
            setattr(module, "download_url", original)  # noqa: B010


def _download(mirror: str | None, most: int) -> Downloader:
    """Return the replacement of torchvision's `download_url`."""

    def download_url(
        url: str, root: str | Path, filename: str | None = None, md5: str | None = None
    ) -> None:
        name = PurePosixPath(urlsplit(url).path).name
        address = url if mirror is None else joined(mirror, name)
        target = Path(root, filename or name)
        try:
            fetch(address, target, md5 and f"md5:{md5}", most)
        except UserError as error:
            unpacked = name.removesuffix(".gz")
            if mirror is None or not _missing(error) or unpacked.endswith((name, ".tar")):
                raise
            _fetch_unpacked(joined(mirror, unpacked), target, error, most)

    return download_url


def _fetch_unpacked(address: str, target: Path, lack: UserError, most: int) -> None:
    """Fetch what a mirror holds unpacked; pack it, without compression, as torchvision unpacks it.

    There is no published md5 of it: what torchvision checks is its header and its length.
    """
    unpacked = target.with_suffix("")
    try:
        fetch(address, unpacked, None, most)
    except UserError as error:
        raise (lack if _missing(error) else error) from None
    with unpacked.open("rb") as source, gzip.open(target, "wb", compresslevel=0) as packed:
        shutil.copyfileobj(source, packed)


def _missing(error: UserError) -> bool:
    """Return whether the server answered that it has no such file."""
    cause = error.__cause__
    # To fsspec every answer but the file is a missing file; the answer itself is behind that.
    answer = cause and cause.__cause__
    return isinstance(cause, FileNotFoundError) and (
        answer is None or getattr(answer, "status", None) in {404, 410}
    )


REMEDY = "or name another download.mirror, or a torchvision root with the set as download.path"


class Named(Params):
    """Parameters of the named sets."""

    mirror: Location | None = Field(
        description="address of a folder with the published files; null: their published address"
    )
    emnist_split: EmnistSplit = Field(description="which of its six parts `emnist` is")


@contextmanager
def open_dataset(
    name: SetName, path: Path, params: Named, most: int = sys.maxsize
) -> Iterator[Raw]:
    """Yield the set for the time of the block; from the torchvision root at `path` if it is there.

    If not, it is fetched into a folder beside data/raw, which is removed after the block; no file
    of it may have more than `most` bytes.

    Raises:
        UserError: it is not complete at `path`, and cannot be fetched, or a folder there is a link.
    """
    entry = _entry(name, params)
    refuse_linked_folders(path)
    with ExitStack() as stack:
        try:
            published = read(entry, path)
        except IncompleteError as error:
            lack = f"{name}: is not in {excerpt(str(path))} ({error})"
            print(f"{lack}; fetching it from {_place(params)}", file=sys.stderr)
            folder = stack.enter_context(scratch())
            with _explain(lack, params), redirect_downloads(entry.kind, params.mirror, most):
                published = read(entry, folder, download=True)
        yield published


@contextmanager
def _explain(lack: str, params: Named) -> Iterator[None]:
    """Add to an error of fetching why it was needed."""
    try:
        yield
    except IncompleteError as error:
        reason = f"what came from {_place(params)} is damaged: {error}"
        raise UserError(f"{lack}, and {reason}; {REMEDY}") from error
    except UserError as error:
        raise UserError(f"{lack}, and cannot be fetched: {error}; {REMEDY}") from error


def _place(params: Named) -> str:
    return "its published address" if params.mirror is None else public(params.mirror)


def _entry(name: SetName, params: Named) -> Entry:
    if name != "emnist":
        return SETS[name]
    split = params.emnist_split
    # The labels of the letters begin at 1; torchvision calls 0 "N/A".
    return SETS[name]._replace(first=int(split == "letters"), arguments={"split": split})
