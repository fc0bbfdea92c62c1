"""Merge two versions of params.yaml: values stay the user's, names and comments become the newer.

Git merges by lines, and every line of this file has a value that is the user's and a comment that
is Reprise's: it would call for a decision wherever both changed. Here each is a line of its own.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from reprise.founding.completing import completed
from reprise.founding.parameter_lines import COLUMN, Versions, parse, rows, values, with_values
from reprise.founding.plumbing import FoundingError

MARK, COMMENT = "\x01", "\x02"  # begin lines that only stand here while it is merged


def merged(of: Versions) -> str:
    """Return the merged text.

    Raises:
        FoundingError: Git fails.
    """
    own = values(of.ours)
    # With the same values in all three, they differ in names, places and comments alone.
    texts = [with_values(of.base, own), of.ours, with_values(of.theirs, own)]
    with TemporaryDirectory() as folder:
        base, ours, theirs = (Path(folder, name) for name in Versions._fields)
        for path, text in zip((base, ours, theirs), texts, strict=True):
            path.write_text("\n".join(_apart(text)) + "\n", "utf-8", newline="\n")
        # Where the user has changed a comment that Reprise has changed, the user's stays.
        done = subprocess.run(  # noqa: S603
            ["git", "merge-file", "-p", "--ours", str(ours), str(base), str(theirs)],  # noqa: S607
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise FoundingError(f"params.yaml cannot be merged: {done.stderr.decode().strip()}")
    return completed(_together(done.stdout.decode()), of)


def news(of: Versions) -> Iterator[str]:
    """Yield what a user should know of the parameters: new ones, those that are gone, defaults."""
    base, ours, theirs = map(values, of)
    for name in theirs.keys() - base.keys() - ours.keys():
        yield f"{name} is new: {theirs[name].text}"
    for name in base.keys() & ours.keys() - theirs.keys():
        yield f"{name} is gone; it was {ours[name].text}"
    for name in base.keys() & ours.keys() & theirs.keys():
        if base[name] != theirs[name] != ours[name]:
            yield f"{name} stays {ours[name].text}; Reprise begins with {theirs[name].text} now"


def _apart(text: str) -> Iterator[str]:
    """Yield the value and the comment of each parameter as lines, and a mark between parameters."""
    for line in parse(text):
        entry, *below = rows(line._replace(comment=""))
        yield entry
        if line.name:
            yield COMMENT + line.comment
            yield from below
            yield MARK + line.name


def _together(text: str) -> str:
    """Return the text with each comment behind its value again."""
    made = list[str]()
    for row in text.removesuffix("\n").split("\n"):
        if row.startswith(COMMENT):
            made[-1] = f"{made[-1]:<{COLUMN}}  {row[1:]}".rstrip()
        elif not row.startswith(MARK):
            made.append(row)
    return "".join(f"{row}\n" for row in made)
