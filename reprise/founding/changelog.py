"""The lines that CHANGELOG.md gained since the commit of the last upgrade."""

from collections.abc import Iterator

from reprise.escaping import printable
from reprise.founding.upstream import Upstream

FILE = "CHANGELOG.md"
MOST = 60  # lines that are shown


def since(origin: Upstream, before: str) -> Iterator[str]:
    """Yield the lines that are new since a commit; where that is not known, those of the newest."""
    known = origin.git.succeeds("cat-file", "-e", f"{before}^{{commit}}")
    told = [*(_added(origin, before) if known else _newest(origin))]
    lines = [printable(line) for line in told if line.strip()]
    yield from (f"  {line}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"  and {len(lines) - MOST} lines more, in {FILE} of {origin.commit[:7]}"


def _added(origin: Upstream, before: str) -> Iterator[str]:
    diff = origin.git.text("diff", "--unified=0", before, origin.commit, "--", FILE)
    for line in diff.splitlines():
        if line.startswith("+") and not line.startswith("+++"):
            yield line[1:]


def _newest(origin: Upstream) -> list[str]:
    text = origin.git.run("show", f"{origin.commit}:{FILE}").stdout.decode(errors="replace")
    sections = text.split("\n## ")
    return f"## {sections[1]}".splitlines() if len(sections) > 1 else []
