"""Files of a data set on the Hugging Face hub, at one commit: listed, fetched and verified.

They stay in the hub's cache; what it has of a commit needs no network.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from stages import hub
from stages.errors import UserError
from stages.hub import Asked
from stages.progress import Progress
from stages.sources import dataset_card
from stages.sources.hub_meter import Meter
from stages.sources.reports import excerpt

KIND = {"repo_type": "dataset"}
CARD = "README.md"
COMMIT = re.compile("[0-9a-f]{40}")
SHA256 = re.compile("[0-9a-f]{64}")


class Listed(NamedTuple):
    """Size and checksums of a file, as the hub lists it."""

    size: int  # bytes
    blob: str  # its object in Git, 40 hexadecimal digits
    sha256: str | None  # of a large file; None: a small one, or the cache was asked


class Commit(NamedTuple):
    """The files and the card of a commit."""

    files: Mapping[str, Listed]
    card: Mapping[str, Any]  # what the front matter of its README says


def commit_of(asked: Asked) -> str:
    """Return the commit that a branch, a tag or null stands for at this moment.

    Raises:
        UserError: the hub does not tell.
    """
    with hub.answered(asked) as library:
        api = library.HfApi(endpoint=hub.endpoint())
        return str(api.dataset_info(asked.repository, revision=asked.revision).sha)


def read_commit(asked: Asked) -> Commit:
    """Return the files and the card of a commit, from the cache or the hub.

    Raises:
        UserError: neither does, or its README cannot be read.
    """
    of = {"revision": asked.revision, **KIND}
    with hub.answered(asked) as library:
        if not (found := _cached(library, asked.repository, of)):
            api = library.HfApi(endpoint=hub.endpoint())
            found = [*api.list_repo_tree(asked.repository, recursive=True, **of)]
        # The library keeps in its cache what is in a commit only where it fetches a snapshot.
        options = {"tqdm_class": partial(tqdm, disable=True), "endpoint": hub.endpoint()}
        folder = library.snapshot_download(asked.repository, allow_patterns=[CARD], **of, **options)
    listed = {
        file.path: Listed(file.size, file.blob_id, file.lfs.sha256 if file.lfs else None)
        for file in found
        if hasattr(file, "blob_id")  # a folder has none
    }
    return Commit(listed, _front_matter(Path(folder, CARD), asked))


def _cached(library: Any, repository: str, of: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401
    """Return the files of a commit as the library's cache has them; none if it does not."""
    from huggingface_hub.errors import CachedRepoTreeNotFoundError  # noqa: PLC0415

    try:
        return [*library.get_cached_repo_tree(repository, **of)]
    except CachedRepoTreeNotFoundError:
        return []


def _front_matter(path: Path, asked: Asked) -> Mapping[str, Any]:
    from huggingface_hub.repocard import REGEX_YAML_BLOCK  # noqa: PLC0415  # as in stages.hub

    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        block = REGEX_YAML_BLOCK.search(text)
        return dataset_card.parse(block[2]) if block else {}
    except Exception as error:  # YAML of any kind
        why = f"has a {CARD} whose front matter is no YAML; choose another revision"
        raise hub.refused(asked, why) from error


def fetch_all(asked: Asked, wanted: Mapping[str, Listed]) -> dict[str, Path]:
    """Return the path of each file in the cache, verified.

    Raises:
        UserError: one cannot be fetched, or is not what the hub says that it is.
    """
    found, total = dict[str, Path](), sum(file.size for file in wanted.values())
    with Progress(f"fetch {excerpt(asked.repository)}", total, "B") as progress:
        meter = Meter(progress)
        for name, listed in wanted.items():
            options = {"endpoint": hub.endpoint(), "tqdm_class": meter.bar(), **KIND}
            with hub.answered(asked._replace(name=name)) as library:
                file = library.hf_hub_download(
                    asked.repository, name, revision=asked.revision, **options
                )
            _verify(f"{excerpt(asked.repository)}: {excerpt(name)}", Path(file), listed)
            meter.finish(listed.size)
            found[name] = Path(file)
    return found


def _verify(name: str, path: Path, listed: Listed) -> None:
    """Compare a file with what the hub says of it.

    Raises:
        UserError: they differ.
    """
    size, stored = path.stat().st_size, path.resolve()
    # The cache keeps no checksums but the one that the hub told with the file: it names the object.
    sha256 = listed.sha256 or (stored.name if SHA256.fullmatch(stored.name) else None)
    kind, expected = ("sha256", sha256) if sha256 else ("git id", listed.blob)
    found = _digest(path, "sha256", b"") if sha256 else _digest(path, "sha1", b"blob %d\0" % size)
    remedy = f"it was damaged on the way, or in the cache: delete {stored}, and run the stage again"
    if size != listed.size:
        raise UserError(f"{name}: has {size:,} bytes, expected {listed.size:,}; {remedy}")
    if found != expected:
        raise UserError(f"{name}: its {kind} is {found}, expected {expected}; {remedy}")


def _digest(path: Path, kind: str, head: bytes) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, head)).hexdigest()
