"""Send files to a repository of the Hugging Face hub, in one commit."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from stages import hub
from stages.hub import Asked

NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
RULE = (
    "each of at most 96 letters, digits and _, with single - and . within, and no .git at the end"
)
LOGIN = "needs someone who is logged in: run `hf auth login`, or set HF_TOKEN"


class Sent(NamedTuple):
    """The commit that was made, and the files of the repository that it left."""

    address: str  # of the commit
    left: list[str]  # files that were there and are not sent anew


def asked(repository: str) -> Asked:
    """Return the request to publish, as messages name it."""
    remedy = "publish where there is a network"
    return Asked("publish", repository, verb="published", remedy=remedy)


def require_name(repository: str) -> None:
    """Refuse what is no name of a repository, before anything is done, in a rehearsal, too.

    Raises:
        UserError: it is none, or the hub's library, which knows the rules, is not installed.
    """
    unnamed = hub.refused(asked(repository), f"{hub.UNNAMED}, {RULE}")
    if not NAME.fullmatch(repository):
        raise unnamed
    with hub.answered(asked(repository)):
        from huggingface_hub import errors, utils  # noqa: PLC0415  # may be absent

        try:
            utils.validate_repo_id(repository)  # type: ignore[attr-defined]  # documented
        except errors.HFValidationError as error:
            raise unnamed from error


def token(repository: str) -> str:
    """Return the token of the user, from the hub's own variable or login.

    Raises:
        UserError: there is none.
    """
    with hub.answered(asked(repository)) as library:
        if (found := library.get_token()) is None:
            raise hub.refused(asked(repository), LOGIN)
        return str(found)


def send(repository: str, files: Mapping[str, bytes], message: str, *, private: bool) -> Sent:
    """Make the repository if it is not there, and commit the files to it.

    Raises:
        UserError: the hub does not take them, or the repository is public and should not be.
    """
    with hub.answered(asked(repository)) as library, TemporaryDirectory() as folder:
        write(Path(folder), files)
        api = library.HfApi(endpoint=hub.endpoint())
        api.create_repo(repository, private=private or None, exist_ok=True)
        if private and not api.model_info(repository).private:
            why = "is there already, and is public; make it private on its page, or publish openly"
            raise hub.refused(asked(repository), why)
        there = {*api.list_repo_files(repository)} - {".gitattributes"}
        made = api.upload_folder(
            repo_id=repository, folder_path=folder, commit_message=message, ignore_patterns=[]
        )
        return Sent(str(made.commit_url), sorted(there - {*files}))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
