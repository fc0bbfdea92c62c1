"""Source `hub`: a data set of the Hugging Face hub, as Parquet files, at one commit."""

import sys
from collections.abc import Mapping
from functools import partial
from typing import Annotated

from pydantic import Field

from reprise.escaping import printable
from stages import hub
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.hub import Asked
from stages.params import Params
from stages.sources import hub_files, parquet, subsets
from stages.sources.dataset_card import class_features
from stages.sources.hub_files import Listed
from stages.sources.limits import RefusedError, check_bytes
from stages.sources.origin import open_file
from stages.sources.parquet import Shards
from stages.sources.reports import excerpt
from stages.sources.store import Member, Store
from stages.sources.table import Table

Name = Annotated[str, Field(min_length=1, max_length=200)]
CONVERTED = "refs/convert/parquet"  # the branch of a data set that the hub converts itself


class HubSet(Params):
    """Parameters of a data set on the hub."""

    repository: Name | None = Field(
        description="owner/name of a data set on the Hugging Face hub, or that HF_ENDPOINT names"
    )
    revision: Name | None = Field(
        description="commit of it, 40 hexadecimal digits; the first run says which"
    )
    subset: Name | None = Field(
        description="subset of it, as the hub calls it; null: the only one, or its default"
    )


def load(params: HubSet, columns: Table, most: int) -> Raw:
    """Return the images of a commit; no more than `most` bytes of files are fetched.

    Raises:
        UserError: the commit is not named, the hub does not give it, it holds no Parquet files of
            the subset, or they are damaged.
    """
    asked = _asked(params)
    commit = hub_files.read_commit(asked)
    names = sorted(name for name in commit.files if name.lower().endswith(".parquet"))
    if not names:
        raise hub.refused(asked, _unconverted(asked))
    place = excerpt(asked.repository)
    choice = subsets.choose(place, names, commit.card, params.subset)
    wanted = {name: commit.files[name] for each in choice.splits.values() for name in each}
    _remark(place, wanted)
    store = _fetched(asked, wanted, most)
    features = class_features(commit.card, choice.name)
    return parquet.read(store, columns, Shards(choice.splits, choice.others, features))


def _asked(params: HubSet) -> Asked:
    """Return what is asked of the hub.

    Raises:
        UserError: it is not named, or not pinned to a commit.
    """
    if params.repository is None:
        raise UserError(
            "params.yaml: download.dataset hub needs download.repository, which is null; "
            "set it to the owner/name of a data set"
        )
    asked = Asked("params.yaml: download.repository", params.repository, params.revision)
    if params.revision and hub_files.COMMIT.fullmatch(params.revision):
        return asked._replace(remedy=_elsewhere(params.repository, params.revision))
    commit = hub_files.commit_of(asked)
    raise hub.refused(asked, f"can change unnoticed; set download.revision to {commit}")


def _elsewhere(repository: str, commit: str) -> str:
    return (
        "run the stage where there is a network, or fetch it there by `hf download --type dataset "
        f"{printable(repository)} --revision {commit} --include '*.parquet' --local-dir "
        "data/source`, bring that folder here, and set download.dataset to parquet"
    )


def _unconverted(asked: Asked) -> str:
    """Say where Parquet files of a data set are that was published in another form."""
    try:
        commit = hub_files.commit_of(asked._replace(revision=CONVERTED))
    except UserError:
        return (
            f"holds no Parquet files, and the hub has not converted it; `hf download --type "
            f"dataset {printable(asked.repository)} --local-dir data/source` fetches what it "
            "holds, for download.dataset folder or table"
        )
    return (
        f"holds no Parquet files; the hub has made some of it: set download.revision to {commit}, "
        f"which is its branch {CONVERTED}"
    )


def _remark(place: str, wanted: Mapping[str, Listed]) -> None:
    """Say that the hub's own conversion has the beginning of a large split alone."""
    if parts := [name for name in wanted if "/partial-" in f"/{name}"]:
        print(f"{place}: {excerpt(parts[0])}: the hub has converted a part of it", file=sys.stderr)


def _fetched(asked: Asked, wanted: Mapping[str, Listed], most: int) -> Store:
    """Fetch the files, and return them as a store.

    Raises:
        UserError: they have more than `most` bytes, or are not what the hub says they are.
    """
    try:
        check_bytes(sum(file.size for file in wanted.values()), most, "has")
    except RefusedError as refusal:
        raise UserError(f"{excerpt(asked.repository)}: {refusal}") from refusal
    paths = hub_files.fetch_all(asked, wanted)
    members = [
        Member(name, path.stat().st_size, partial(open_file, str(path)))
        for name, path in paths.items()
    ]
    return Store(asked.repository, members, most)
