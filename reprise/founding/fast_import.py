"""Commit files by `git fast-import`: byte by byte, and without touching index or work tree."""

from collections.abc import Mapping
from typing import NamedTuple

from reprise.founding.plumbing import FoundingError, Git


class Blob(NamedTuple):
    """A file of Git."""

    mode: str  # 100644, 100755, or 120000 of a link
    content: bytes


class Parent(NamedTuple):
    """The parent of a commit."""

    commit: str | None = None
    keeps: bool = True  # its files, but for those that change; else the commit has those alone


def commit(git: Git, ref: str, message: str, change: tuple[Parent, Mapping[str, Blob]]) -> str:
    """Commit files as a ref, and return the commit; `change` is a parent and files by path.

    Raises:
        FoundingError: Git does not know who commits.
    """
    parent, files = change
    stream = [
        f"commit {ref}\ncommitter {identity(git)}\n".encode(),
        _data(message.encode()),
        f"from {parent.commit}\n".encode() if parent.commit else b"",
        b"" if parent.keeps else b"deleteall\n",
    ]
    for path, blob in sorted(files.items()):
        stream += [f"M {blob.mode} inline {_quoted(path)}\n".encode(), _data(blob.content)]
    git.content("fast-import", "--quiet", "--force", given=b"".join(stream))
    return git.text("rev-parse", ref)


def identity(git: Git) -> str:
    """Return who commits, and when.

    Raises:
        FoundingError: Git does not know.
    """
    done = git.run("var", "GIT_COMMITTER_IDENT")
    if done.returncode:
        raise FoundingError(
            "Git does not know who you are; `git config --global user.name 'Your Name'` and "
            "`git config --global user.email you@example.com` tell it"
        )
    return done.stdout.decode(errors="replace").strip()


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> str:
    """Return a path as `git fast-import` reads it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
