"""Sources with a name: the classic sets, through torchvision, which alone is imported for them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import Field

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.params import Location, Params
from stages.sources.catalog import SETS, EmnistSplit, Entry, Name
from stages.sources.mirror import redirected
from stages.sources.origin import scratch
from stages.sources.published import IncompleteError, read

REMEDY = "or name another download.mirror, or a torchvision root with the set as download.path"


class Named(Params):
    """What the named sets need to know."""

    mirror: Location | None = Field(
        description="address of a folder with the published files; null: their published address"
    )
    emnist_split: EmnistSplit = Field(description="which of its six parts `emnist` is")


@contextmanager
def opened(name: Name, path: Path, params: Named) -> Iterator[Raw]:
    """Yield the set for the time of the block; from the torchvision root at `path` if it is there.

    If not, it is fetched into a folder beside data/raw, which is removed after the block.

    Raises:
        UserError: it is not complete at `path`, and cannot be fetched.
    """
    entry = _entry(name, params)
    with ExitStack() as stack:
        try:
            published = read(entry, path)
        except IncompleteError as error:
            lack = f"{name}: is not in {path} ({error})"
            print(f"{lack}; fetching it from {_place(params)}", file=sys.stderr)
            published = _fetch(entry, params, stack.enter_context(scratch()), lack)
        yield published


def _fetch(entry: Entry, params: Named, folder: Path, lack: str) -> Raw:
    try:
        with redirected(entry.kind, params.mirror):
            return read(entry, folder, download=True)
    except IncompleteError as error:
        reason = f"what came from {_place(params)} is damaged: {error}"
        raise UserError(f"{lack}, and {reason}; {REMEDY}") from error
    except UserError as error:
        raise UserError(f"{lack}, and cannot be fetched: {error}; {REMEDY}") from error


def _place(params: Named) -> str:
    return params.mirror or "its published address"


def _entry(name: Name, params: Named) -> Entry:
    if name != "emnist":
        return SETS[name]
    split = params.emnist_split
    # The labels of the letters begin at 1; torchvision calls 0 "N/A".
    return SETS[name]._replace(first=int(split == "letters"), arguments={"split": split})
