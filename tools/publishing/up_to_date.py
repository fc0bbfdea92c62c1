"""Check that what lies here is what the last commit and its dvc.lock say."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reprise.escaping import first_line, printable
from stages.errors import UserError
from tools.provenance.clone import output

COMMITTED = ("params.yaml", "dvc.yaml", "dvc.lock", "versions.yaml", "metrics", "stages", "reprise")
SETTINGS = {"params.yaml", "versions.yaml"}  # whose keys are told, too
SHOWN = 5  # names in a message


class Status(NamedTuple):
    """A change that `dvc status` reports: of a file, or of a parameter in it."""

    name: str
    state: str  # modified, new or deleted


def committed() -> str:
    """Return the commit that is checked out.

    Raises:
        UserError: what decides the results differs from it.
    """
    changed = output("git", "status", "--porcelain", "--", *COMMITTED).splitlines()
    if changed:
        raise UserError(
            f"{_listed(line[3:] for line in changed)}: differs from the last commit, which is "
            "published; commit it, or take it back by `git checkout HEAD -- .` and `dvc checkout`"
        )
    return output("git", "rev-parse", "HEAD").strip()


def require(wanted: Iterable[Path]) -> None:
    """Refuse outputs that are not here, or not what dvc.lock says.

    Raises:
        UserError: some are, or a stage would run again.
    """
    found = [*_status()]
    if stale := [each.name for each in found if each.state in {"modified", "new"}]:
        raise UserError(
            f"{_listed(stale)}: not what dvc.lock says; run `dvc repro` and commit, or `dvc "
            "checkout` to have the outputs of dvc.lock"
        )
    if absent := [str(path) for path in wanted if not path.exists()]:
        raise UserError(
            f"{_listed(absent)}: not here; `dvc pull {' '.join(absent)}`, or `dvc repro`"
        )


def _status() -> Iterator[Status]:
    from dvc.exceptions import DvcException  # noqa: PLC0415  # takes a second
    from dvc.repo import Repo  # noqa: PLC0415

    try:
        with Repo() as repo:
            yield from _flat(repo.status())
    except DvcException as error:
        raise UserError(f"`dvc status` failed: {first_line(error)}") from error


def _flat(said: object, name: str = "") -> Iterator[Status]:
    """Yield what nested mappings and lists of `dvc status` say at their ends."""
    if isinstance(said, Mapping):
        for key, value in said.items():
            yield from _flat(value, f"{name}: {key}" if name in SETTINGS else str(key))
    elif isinstance(said, list):
        for value in said:
            yield from _flat(value, name)
    else:
        yield Status(name, str(said))


def _listed(names: Iterable[str]) -> str:
    several = [*dict.fromkeys(map(printable, names))]
    more = [f"and {len(several) - SHOWN} more"] if len(several) > SHOWN else []
    return ", ".join([*several[:SHOWN], *more])
