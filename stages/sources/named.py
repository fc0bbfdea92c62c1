"""Sources with a name: the classic sets, through torchvision, which alone is imported for them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import Field

from stages.address import public
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.params import Location, Params
from stages.sources.catalog import SETS, EmnistSplit, Entry, Name
from stages.sources.mirror import redirected
from stages.sources.origin import scratch
from stages.sources.published import IncompleteError, read
from stages.sources.reports import shown

REMEDY = "or name another download.mirror, or a torchvision root with the set as download.path"


class Named(Params):
    """What the named sets need to know."""

    mirror: Location | None = Field(
        description="address of a folder with the published files; null: their published address"
    )
    emnist_split: EmnistSplit = Field(description="which of its six parts `emnist` is")


@contextmanager
def opened(name: Name, path: Path, params: Named, most: int = sys.maxsize) -> Iterator[Raw]:
    """Yield the set for the time of the block; from the torchvision root at `path` if it is there.

    If not, it is fetched into a folder beside data/raw, which is removed after the block; no file
    of it may have more than `most` bytes.

    Raises:
        UserError: it is not complete at `path`, and cannot be fetched.
    """
    entry = _entry(name, params)
    with ExitStack() as stack:
        try:
            published = read(entry, path)
        except IncompleteError as error:
            lack = f"{name}: is not in {shown(str(path))} ({error})"
            print(f"{lack}; fetching it from {_place(params)}", file=sys.stderr)
            folder = stack.enter_context(scratch())
            with _told(lack, params), redirected(entry.kind, params.mirror, most):
                published = read(entry, folder, download=True)
        yield published


@contextmanager
def _told(lack: str, params: Named) -> Iterator[None]:
    """Say of what cannot be fetched that it is not there either."""
    try:
        yield
    except IncompleteError as error:
        reason = f"what came from {_place(params)} is damaged: {error}"
        raise UserError(f"{lack}, and {reason}; {REMEDY}") from error
    except UserError as error:
        raise UserError(f"{lack}, and cannot be fetched: {error}; {REMEDY}") from error


def _place(params: Named) -> str:
    return "its published address" if params.mirror is None else public(params.mirror)


def _entry(name: Name, params: Named) -> Entry:
    if name != "emnist":
        return SETS[name]
    split = params.emnist_split
    # The labels of the letters begin at 1; torchvision calls 0 "N/A".
    return SETS[name]._replace(first=int(split == "letters"), arguments={"split": split})
