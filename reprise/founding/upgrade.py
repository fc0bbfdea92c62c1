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
from reprise.founding.interruption import orderly
from reprise.founding.merging import Merge
from reprise.founding.outlook import outlook
from reprise.founding.plumbing import FoundingError, Git
from reprise.founding.upstream import Upstream
from reprise.founding.vendor_branch import Vendored
from reprise.repository import PlaceError
from reprise.streams import PrintingError, say

NEXT = "refs/reprise/next"


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge, and return the exit code: 1 where a person must decide."""
    options = parser().read(arguments)
    try:
        git = Git(repository.find(Path.cwd()))
        before = vendor_branch.last(git)
        merging.require_clean(git)
        place = options.source or _address(before)
        with orderly(), upstream.opened(place, options.rev) as origin:
            return upgrade(git, before, origin)
    except (FoundingError, PlaceError, PrintingError) as error:
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
        say(f"up to date: {origin.name} has no other files for this repository")
        return 0
    back = _back(vendor_branch.tip(git))
    with vendor_branch.moved(git, made):
        merge = merging.merge(git, before.commit, made, f"Upgrade to {origin.name}")
    for line in (*_new(before, origin), *_ahead(git, merge, back)):
        say(line)
    return 1 if merge.conflicts else 0


def _new(before: Vendored, origin: Upstream) -> Iterator[str]:
    """Yield what is merged, and what users are to know of it."""
    yield f"{origin.name}, from {before.origin[:7]}"
    if before.passed_over:
        yield (
            f"{', '.join(commit[:7] for commit in before.passed_over)}: not begun from, as "
            f"holding yours, too, after a rebase or squash; from {before.commit[:7]} instead"
        )
    yield from since(origin, before.origin)


def _ahead(git: Git, merge: Merge, back: str) -> Iterator[str]:
    """Yield what has changed for the user, and how it goes on."""
    yield from sorted(params_merge.news(merge.params))
    if merge.conflicts:
        yield "both you and Reprise changed these; edit them, `git add` them, then `git commit`:"
        yield from (f"  {printable(path)}" for path in merge.conflicts)
        yield f"`git merge --abort && {back}` takes the upgrade back"
        return
    yield from outlook(git.folder)
    yield f"merged and committed; `git reset --hard HEAD^ && {back}` takes it back"


def _back(former: str) -> str:
    """Return the command that moves the branch `vendor` back."""
    name = vendor_branch.NAME
    return f"git branch -f {name} {former[:10]}" if former else f"git branch -D {name}"


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
