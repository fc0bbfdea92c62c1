"""What Git keeps in this folder, so that it is missing where it is not here."""

from pathlib import PurePosixPath

from stages.errors import UserError
from tools.provenance.clone import output


def paths() -> set[str]:
    """Return the files of the last commit and of the next, and the folders of them."""
    found = {path for path in _listed().split("\0") if path}
    folders = {str(folder) for path in found for folder in PurePosixPath(path).parents}
    return found | folders - {"."}


def _listed() -> str:
    command = "git", "ls-files", "-z"
    try:
        return output(*command, "--with-tree=HEAD")
    except UserError:  # no commit yet
        pass
    try:
        return output(*command)
    except (UserError, OSError):  # no Git here
        return ""
