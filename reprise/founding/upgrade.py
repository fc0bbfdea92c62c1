"""`reprise upgrade`: merge a newer Reprise into a repository that `reprise new` made.

Its files go to the branch `vendor`, and from there by `git merge` into what is checked out: what
you changed stays, and Git names what both changed. All values in params.yaml stay yours.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reprise import repository
from reprise.command_parser import CommandParser
from reprise.escaping import printable
from reprise.founding import merging, params_merge, pristine, upstream, vendor_branch
from reprise.founding.changelog import since
from reprise.founding.fast_import import Parent
from reprise.founding.merging import Merge
from reprise.founding.outlook import outlook
from reprise.founding.plumbing import FoundingError, Git
from reprise.founding.upstream import Upstream
from reprise.founding.vendor_branch import Vendored
from reprise.repository import PlaceError

NEXT = "refs/reprise/next"


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge, and return the exit code: 1 where a person must decide."""
    options = parser().read(arguments)
    try:
        git = Git(repository.find(Path.cwd()))
        before = vendor_branch.last(git)
        merging.require_clean(git)
        with upstream.opened(options.source or _address(before), options.rev) as origin:
            return upgrade(git, before, origin)
    except (FoundingError, PlaceError) as error:
        print(f"reprise upgrade: {error}", file=sys.stderr)
        return 1


def parser() -> CommandParser:
    """Return the parser of the command."""
    made = CommandParser("reprise upgrade", __doc__)
    upstream.add_options(made, "where the last one came from")
    return made


def upgrade(git: Git, before: Vendored, origin: Upstream) -> int:
    """Merge a commit of Reprise into a repository, and say what it changes."""
    change = Parent(before.commit, keeps=False), pristine.files(origin)
    made = vendor_branch.record(git, NEXT, origin, change)
    git.text("update-ref", "-d", NEXT)
    if git.succeeds("diff", "--quiet", before.commit, made):
        print(f"up to date: {origin.name} has no other files for this repository")
        return 0
    with vendor_branch.moved(git, made):
        merge = merging.merge(git, before.commit, made, f"Upgrade to {origin.name}")
    print(*_told(git, merge, before, origin), sep="\n")
    return 1 if merge.conflicts else 0


def _told(git: Git, merge: Merge, before: Vendored, origin: Upstream) -> Iterator[str]:
    """Yield what is new, and how it goes on."""
    yield f"{origin.name}, from {before.origin[:7]}"
    yield from since(origin, before.origin)
    yield from sorted(params_merge.news(merge.params))
    if merge.conflicts:
        yield "both you and Reprise changed these; edit them, `git add` them, then `git commit`:"
        yield from (f"  {printable(path)}" for path in merge.conflicts)
        yield "`git merge --abort` takes the upgrade back"
        return
    yield from outlook(git.folder)
    yield "merged and committed; `git reset --hard HEAD^` takes it back"


def _address(before: Vendored) -> str:
    """Return where the last Reprise came from.

    Raises:
        FoundingError: that was a folder, and no address.
    """
    if before.address is None:
        raise FoundingError("which Reprise? `--from` names its address or a clone of it")
    return before.address


if __name__ == "__main__":
    sys.exit(main())
