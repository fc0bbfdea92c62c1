"""Check every object of DVC's cache: `reprise verify-cache`; --remove deletes damaged ones.

DVC trusts its cache: it does not notice a disk that loses bits, or a program that writes through
a link. Each damaged object is named with the file that it is; the exit code is 1 if there is one.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from reprise.counting import counted
from reprise.escaping import printable
from reprise.tool_parsers import parser
from stages import errors
from stages.environment import digest
from stages.errors import UserError
from tools.provenance import dvc_cache

STRANGE = "no output of this commit, but of another commit, experiment or project"


class Out(NamedTuple):
    """An output of this repository."""

    name: str  # its path, from the working folder
    md5: str
    stage: str  # that makes it; empty for what was added by `dvc add`


class Damage(NamedTuple):
    """An object with other bytes than its hash says."""

    path: Path
    fault: str
    owners: tuple[tuple[str, Out], ...]  # each file here that has this object, and its output


def repository() -> tuple[Path, list[Out]]:
    """Return the folder of DVC's cache, and the outputs of the commit that is checked out.

    Raises:
        UserError: this is no repository of DVC, or its files are broken.
    """
    from dvc.exceptions import DvcException  # noqa: PLC0415  # takes a second
    from dvc.repo import Repo  # noqa: PLC0415

    try:
        with Repo() as repo:
            outs = [
                Out(
                    os.path.relpath(out.fs_path),
                    out.hash_info.value,
                    out.stage.name if out.stage.cmd else "",
                )
                for out in repo.index.outs
                if out.hash_info and out.use_cache
            ]
            return Path(repo.cache.local_cache_dir), outs
    except DvcException as error:
        raise UserError(f"DVC can read no repository here: {printable(str(error))}") from error


def damages(cache: Path, outs: list[Out]) -> list[Damage]:
    """Return the damaged objects, with the files that they are in this repository."""
    found = list(dvc_cache.check(cache))
    owners = _owners(cache, outs) if found else {}
    return [Damage(path, wrong, tuple(owners.get(md5, ()))) for md5, path, wrong in found]


def describe(damage: Damage) -> Iterator[str]:
    """Yield which object is damaged, what file it is, and how to restore it."""
    yield f"{damage.path}: {damage.fault}"
    for name, out in damage.owners:
        own = f"put it there again and `dvc add {out.name}`"
        again = f"`dvc repro {out.stage}`" if out.stage else own
        yield printable(f"    it is {name}; to have it back, `dvc pull` or {again}")
    if not damage.owners:
        yield f"    it is {STRANGE}"


def remove(damage: Damage) -> Iterator[Path]:
    """Delete a damaged object, and the files here that are linked to it or have its bytes."""
    for name, _ in damage.owners:
        here = Path(name)
        if here.is_symlink() or (here.is_file() and _same(here, damage.path)):
            here.unlink()
            yield here
    damage.path.unlink()
    yield damage.path


def _owners(cache: Path, outs: list[Out]) -> Mapping[str, list[tuple[str, Out]]]:
    """Return which files of the repository each object is, by its hash."""
    owners = defaultdict[str, list[tuple[str, Out]]](list)
    for out in outs:
        for item in dvc_cache.members(cache, out.name, out.md5):
            owners[item.md5].append((item.name, out))
    return owners


def _same(here: Path, path: Path) -> bool:
    """Return whether a file is the object, or a copy of its bytes."""
    with suppress(OSError):
        return here.samefile(path) or digest(here) == digest(path)
    return False


def summary(found: int, objects: str, *, removed: bool) -> str:
    """Return how many objects are damaged, and what to do."""
    if not found:
        return f"all {objects} are whole"
    if removed:
        return f"{found:,} damaged of {objects}; get them back as said"
    remedy = "`reprise verify-cache --remove` deletes them; copy first what nothing gives back"
    return f"{found:,} damaged of {objects}; {remedy}"


def main() -> None:
    """Print the damaged objects, and delete them on request."""
    wanted = parser("verify-cache", __doc__).read().remove
    cache, outs = repository()
    objects, found = len(dvc_cache.all_objects(cache)), damages(cache, outs)
    for damage in found:
        print(*describe(damage), sep="\n")
        for path in remove(damage) if wanted else ():
            print(printable(f"    deleted {path}"))
    print(summary(len(found), f"{counted(objects, 'object')} in {cache}", removed=wanted))
    sys.exit(bool(found))


if __name__ == "__main__":
    errors.run(main)
