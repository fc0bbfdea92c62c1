"""The files of Reprise that a repository of one's own holds, as they are in a commit of Reprise.

template/kept.txt lists those that are taken, and template/files has those that are of its own
instead of ours. Both are read in that commit, so that an older command takes a newer Reprise.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from reprise.escaping import printable
from reprise.founding.fast_import import Blob
from reprise.founding.plumbing import FoundingError, Git
from reprise.founding.upstream import KEPT, Upstream

OWN = "template/files/"


def files(origin: Upstream) -> dict[str, Blob]:
    """Return the files of a repository that is made from a commit of Reprise, by path."""
    lines = origin.git.text("show", f"{origin.commit}:{KEPT}").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    listed = _listed(origin)
    taken = {path: entry for path, entry in listed.items() if is_kept(path, patterns)}
    own = {path.removeprefix(OWN): listed[path] for path in listed if path.startswith(OWN)}
    return _blobs(origin.git, taken | own)


def is_kept(path: str, patterns: list[str]) -> bool:
    """Return whether a file is among the patterns of template/kept.txt."""
    return any(
        path.startswith(pattern)
        if pattern.endswith("/")
        else path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
        for pattern in patterns
    )


def _listed(origin: Upstream) -> dict[str, tuple[str, str]]:
    """Return mode and object of each file of the commit; other repositories in it are left out."""
    rows = origin.git.text("ls-tree", "-r", "-z", "--full-tree", origin.commit).split("\0")
    found = dict[str, tuple[str, str]]()
    for row in filter(None, rows):
        entry, _, path = row.partition("\t")
        mode, kind, name = entry.split()
        if kind == "blob":
            found[path] = mode, name
    return found


def _blobs(git: Git, entries: Mapping[str, tuple[str, str]]) -> dict[str, Blob]:
    """Read files.

    Raises:
        FoundingError: one is missing.
    """
    asked = "".join(f"{name}\n" for _, name in entries.values()).encode()
    told, place, found = git.content("cat-file", "--batch", given=asked), 0, dict[str, Blob]()
    for path, (mode, _) in entries.items():
        end = told.index(b"\n", place)
        if told[place:end].endswith(b" missing"):
            raise FoundingError(
                f"{git.folder}: this clone is damaged, {printable(path)} is missing in it; "
                "`git fsck` tells more; clone it again"
            )
        size = int(told[place:end].split()[2])
        found[path] = Blob(mode, told[end + 1 : end + 1 + size])
        place = end + 2 + size
    return found
