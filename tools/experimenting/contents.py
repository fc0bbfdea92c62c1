"""Names and digests of the files that a source has beside those in Git."""

from collections.abc import Iterator, Sequence
from hashlib import file_digest
from operator import attrgetter
from pathlib import Path

from stages.progress import Progress
from tools.provenance.clone import output

LONG = 2**30  # bytes, of which the reading is shown


def contents(sources: Sequence[Path]) -> Iterator[str]:
    """Yield a line for each file that is in no commit, and may be another later."""
    named = output("git", "ls-files", "-z").split("\0")[:-1]
    known = {Path(name).absolute() for name in named}
    sizes = {
        (source, path): path.stat().st_size
        for source in sources
        for path in (
            sorted(source.rglob("*"), key=attrgetter("parts")) if source.is_dir() else [source]
        )
        if path.is_file() and path.absolute() not in known
    }
    total = sum(sizes.values())
    with Progress("read images outside of Git", total, "B", shown=total > LONG) as progress:
        for (source, path), size in sizes.items():
            with path.open("rb") as file:
                name = path.relative_to(source).as_posix()
                yield f"{name} {file_digest(file, 'sha256').hexdigest()}"
            progress.advance(size)
