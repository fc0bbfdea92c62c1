"""Git in a folder, and why a repository cannot be founded or upgraded."""

import os
import subprocess
from pathlib import Path

from reprise.escaping import printable

OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")  # as a hook of another has them


class FoundingError(Exception):
    """The message is the reason, with the remedy."""


def whole_path(given: str, what: str = "") -> Path:
    """Return a path from the root on, seen from where one stands.

    Raises:
        FoundingError: it cannot be followed, or is no UTF-8.
    """
    try:
        path = Path(given).expanduser().resolve()
        path.exists()  # a name may be too long
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FoundingError(f"{what}{printable(given)}: {reason}; name another place") from error
    require_utf8(str(path))
    return path


def require_utf8(text: str) -> None:
    """Refuse text with bytes that no file of a repository can hold.

    Raises:
        FoundingError: it has some.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FoundingError(f"{printable(text)}: is not UTF-8; give it another name") from error


def said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Return what a command printed on stderr, or else on stdout."""
    lines = (done.stderr.strip() or done.stdout).decode(errors="replace").strip().splitlines()
    return "\n".join(map(printable, lines)) or "no reason given"


class Git:
    """The commands of Git, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which need not be the top of the repository."""
        self.folder = folder
        self._env = {key: value for key, value in os.environ.items() if key not in OWN}

    def run(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run a command, and return how it ended.

        Raises:
            FoundingError: Git is not installed.
        """
        try:
            return subprocess.run(  # noqa: S603
                ["git", "-c", "core.quotePath=false", *arguments],  # noqa: S607
                cwd=self.folder,
                env=self._env,
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise FoundingError("git is not installed; install it: git-scm.com") from error

    def succeeds(self, *arguments: str) -> bool:
        """Return whether a command ends well."""
        return self.run(*arguments).returncode == 0

    def content(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a command prints.

        Raises:
            FoundingError: it fails; the message is what it says.
        """
        done = self.run(*arguments, given=given)
        if done.returncode:
            raise FoundingError(f"git {arguments[0]} failed: {said(done).splitlines()[-1]}")
        return done.stdout

    def text(self, *arguments: str) -> str:
        """Return what a command prints, as text without the last line end.

        Raises:
            FoundingError: it fails; the message is what it says.
        """
        return self.content(*arguments).decode(errors="replace").rstrip("\n")
