"""Files of the Hugging Face hub, or of another that `HF_ENDPOINT` names, kept in its cache.

Nothing is told to it but what is asked for: telemetry is off. A token comes from the hub's own
login or variables alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from logging import ERROR, getLogger
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from reprise.escaping import first_line, printable
from reprise.shortage import lacking
from stages import installing
from stages.errors import UserError

DENIED = {
    401: "the token is missing or wrong: run `hf auth login`, or set HF_TOKEN to one that is valid",
    403: "the token may not do this: take one with that right, of a user who has it",
}
UNNAMED = "is no name of a repository; give it as owner/name"


class HubFile(NamedTuple):
    """A file of a repository, as it is at one commit."""

    path: Path
    commit: str  # 40 hexadecimal digits


class Asked(NamedTuple):
    """A request to the hub, as its messages name it."""

    place: str  # of the question: a parameter, or a command
    repository: str
    revision: str | None = None  # a commit, tag or branch
    name: str = ""  # of a file
    verb: str = "fetched"
    remedy: str = "run the stage where there is a network"


def fetch(repository: str, name: str, revision: str | None, asked: str) -> HubFile:
    """Return a file of a repository; of a commit that the cache has, without a network.

    `asked` is the parameter and its value, for messages; a revision is a commit, tag or branch.

    Raises:
        UserError: the hub does not answer, or does not give it.
    """
    with answered(Asked(f"params.yaml: {asked}", repository, revision, name)) as library:
        path = library.hf_hub_download(repository, name, revision=revision, endpoint=endpoint())
        return HubFile(Path(path), Path(path).parent.name)


def endpoint() -> str | None:
    """Return the address of the hub that the user names; None: the public one."""
    return os.environ.get("HF_ENDPOINT") or None


@contextmanager
def answered(asked: Asked) -> Iterator[ModuleType]:
    """Yield the hub's library; turn each of its errors inside the block into one message.

    Raises:
        UserError: it is not installed, the hub does not answer, or does not give what is asked.
    """
    library = _library(asked)
    try:
        yield library
    except UserError:
        raise
    except Exception as error:  # of the network, the disk, or the hub
        if lacking(error):
            raise
        raise refused(asked, _reason(error, asked)) from error


def refused(asked: Asked, why: str) -> UserError:
    """Return the error that names the place, the repository and the reason."""
    return UserError(f"{asked.place}: {printable(asked.repository)} {why}")


def _library(asked: Asked) -> ModuleType:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")  # for its modules that are not yet imported
    try:
        import huggingface_hub  # noqa: PLC0415  # takes a second, and may be absent
    except ModuleNotFoundError as error:
        why = f"needs huggingface_hub, which is not installed; {installing.remedy('hub')}"
        raise refused(asked, why) from error
    getLogger("huggingface_hub").setLevel(ERROR)  # it warns of who has no account, and of retries
    return huggingface_hub


def _reason(error: Exception, asked: Asked) -> str:
    """Return why the hub does not give it, and the remedy."""
    from huggingface_hub import errors  # noqa: PLC0415  # as above

    reasons = {  # the first that fits: some are parents of others
        errors.HFValidationError: UNNAMED,
        errors.GatedRepoError: "is gated; ask for access on its page, then run `hf auth login` or "
        "set HF_TOKEN",
        errors.RepositoryNotFoundError: "is not on the hub, or is private; correct the name, or "
        "run `hf auth login`",
        errors.RevisionNotFoundError: f"has no revision {printable(str(asked.revision))}; give a "
        "commit that it has",
        errors.RemoteEntryNotFoundError: f"has no file {printable(asked.name)}; choose another "
        "revision",
    }
    for kind, why in reasons.items():
        if isinstance(error, kind):
            return why
    code = getattr(getattr(error, "response", None), "status_code", None)
    if code in DENIED:
        return f"is denied with code {code}; {DENIED[code]}"
    told = f"{type(error).__name__}: {first_line(error)}"
    return f"cannot be {asked.verb} ({told}); {asked.remedy}"
