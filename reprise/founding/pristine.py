"""The files of Reprise that a repository of one's own holds, as a commit of a branch of it.

template/kept.txt lists those that are taken as they are, and template/files has those that are its
own. Both are read in the commit that they are of, so that an older command takes a newer Reprise.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from reprise.founding.origin_commit import KEPT, Origin
from reprise.founding.plumbing import FoundingError, Git

BRANCH = "vendor"
OWN = "template/files/"
TRAILER = "Reprise-Commit: "
ADDRESS_TRAILER = "Reprise-Address: "


class Blob(NamedTuple):
    """A file of Git."""

    mode: str  # 100644, 100755, or 120000 of a link
    content: bytes


def files(origin: Origin) -> dict[str, Blob]:
    """Return the files of a repository that is made from a commit of Reprise, by path."""
    kept = origin.git.text("show", f"{origin.commit}:{KEPT}").splitlines()
    patterns = [line.strip() for line in kept if line.strip() and not line.startswith("#")]
    listed = _listed(origin)
    taken = {path: entry for path, entry in listed.items() if _is_kept(path, patterns)}
    own = {path.removeprefix(OWN): listed[path] for path in listed if path.startswith(OWN)}
    return _blobs(origin.git, taken | own)


def record(git: Git, ref: str, origin: Origin, parent: str | None = None) -> str:
    """Commit these files in a repository as a ref, and return the commit."""
    message = f"{origin.name}\n\n{TRAILER}{origin.commit}\n"
    if origin.address:
        message += f"{ADDRESS_TRAILER}{origin.address}\n"
    start = f"from {parent}\ndeleteall\n" if parent else "deleteall\n"
    return commit(git, (ref, message, start), files(origin))


def commit(git: Git, head: tuple[str, str, str], changed: Mapping[str, Blob]) -> str:
    """Commit files without touching index or work tree; `head`: ref, message, what it starts from.

    Raises:
        FoundingError: Git does not know who commits.
    """
    ref, message, start = head
    stream = [
        f"commit {ref}\ncommitter {identity(git)}\n".encode(),
        _data(message.encode()),
        start.encode(),
    ]
    for path, blob in sorted(changed.items()):
        stream += [f"M {blob.mode} inline {_quoted(path)}\n".encode(), _data(blob.content)]
    git.content("fast-import", "--quiet", "--force", given=b"".join([*stream, b"done\n"]))
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


def last(git: Git) -> tuple[str, str]:
    """Return the last commit of Reprise's files that HEAD has, and its message.

    Raises:
        FoundingError: it has none.
    """
    found = git.text("log", "-1", "-E", f"--grep=^{TRAILER}[0-9a-f]{{40,64}}$", "--format=%H%n%B")
    made, _, message = found.partition("\n")
    if not made:
        raise FoundingError(
            "no commit here is one of Reprise's own files: `reprise new` did not make this "
            "repository, or its history was squashed; in a clone of Reprise it is `git pull`"
        )
    return made, message


def trailer(message: str, name: str) -> str | None:
    """Return what a line of a commit's message says."""
    found = re.search(rf"^{re.escape(name)}(.+)$", message, re.MULTILINE)
    return found[1] if found else None


def _listed(origin: Origin) -> dict[str, tuple[str, str]]:
    """Return mode and object of each file of the commit; other repositories in it are left out."""
    rows = origin.git.text("ls-tree", "-r", "-z", "--full-tree", origin.commit).split("\0")
    found = dict[str, tuple[str, str]]()
    for row in filter(None, rows):
        entry, _, path = row.partition("\t")
        mode, kind, name = entry.split()
        if kind == "blob":
            found[path] = mode, name
    return found


def _is_kept(path: str, patterns: list[str]) -> bool:
    return any(
        path.startswith(pattern) if pattern.endswith("/") else fnmatchcase(path, pattern)
        for pattern in patterns
    )


def _blobs(git: Git, entries: Mapping[str, tuple[str, str]]) -> dict[str, Blob]:
    """Read files."""
    asked = "".join(f"{name}\n" for _, name in entries.values()).encode()
    told, place, found = git.content("cat-file", "--batch", given=asked), 0, dict[str, Blob]()
    for path, (mode, _) in entries.items():
        end = told.index(b"\n", place)
        size = int(told[place:end].split()[2])
        found[path] = Blob(mode, told[end + 1 : end + 1 + size])
        place = end + 2 + size
    return found


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> str:
    """Return a path as `git fast-import` reads it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
