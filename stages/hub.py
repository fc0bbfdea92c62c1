"""Files of the Hugging Face hub, or of another that `HF_ENDPOINT` names, kept in its cache."""

import os
from logging import ERROR, getLogger
from pathlib import Path
from typing import NamedTuple

from reprise.escaping import first_line, printable
from reprise.shortage import lacking
from stages.errors import UserError


class HubFile(NamedTuple):
    """A file of a repository, as it is at one commit."""

    path: Path
    commit: str  # 40 hexadecimal digits


def fetch(repository: str, name: str, revision: str | None, asked: str) -> HubFile:
    """Return a file of a repository; of a commit that the cache has, without a network.

    `asked` is the parameter and its value, for messages; a revision is a commit, tag or branch.

    Raises:
        UserError: the hub does not answer, or does not give it.
    """
    from huggingface_hub import errors, hf_hub_download  # noqa: PLC0415  # takes a second

    getLogger("huggingface_hub").setLevel(ERROR)  # it warns of whoever has no account
    endpoint = os.environ.get("HF_ENDPOINT")
    try:
        path = Path(hf_hub_download(repository, name, revision=revision, endpoint=endpoint))
    except errors.GatedRepoError as error:
        why = "is gated; ask for access on its page, then run `hf auth login` or set HF_TOKEN"
        raise _refused(asked, repository, why) from error
    except errors.RepositoryNotFoundError as error:
        why = "is not on the hub, or is private; correct the name, or run `hf auth login`"
        raise _refused(asked, repository, why) from error
    except errors.RevisionNotFoundError as error:
        why = f"has no revision {printable(str(revision))}; give a commit that it has"
        raise _refused(asked, repository, why) from error
    except errors.RemoteEntryNotFoundError as error:
        why = f"has no file {printable(name)}; choose another revision"
        raise _refused(asked, repository, why) from error
    except Exception as error:  # of the network, the disk, or the hub
        if lacking(error):
            raise
        reason = f"{type(error).__name__}: {first_line(error)}"
        why = f"cannot be fetched ({reason}); run the stage where there is a network"
        raise _refused(asked, repository, why) from error
    return HubFile(path, path.parent.name)


def _refused(asked: str, repository: str, why: str) -> UserError:
    return UserError(f"params.yaml: {asked}: {printable(repository)} {why}")
