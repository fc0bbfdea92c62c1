"""Run the last commit again, and compare the outputs: `reprise verify [raw]`.

All stages run in a temporary clone with an empty cache, which needs room for a second copy of the
data in $TMPDIR. The report names each output that differs, by how much, and what may be the cause;
the exit code is 1 if there is one, or if a cached output of the commit is damaged.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from reprise.escaping import printable
from reprise.tool_parsers import parser
from stages import environment, errors, processor, versions
from stages.errors import UserError
from tools import pin_versions
from tools.provenance import causes, clone, dvc_cache, lockfile
from tools.provenance.causes import Run
from tools.provenance.clone import Clone, file_at, output
from tools.provenance.diff import Rerun, outputs
from tools.provenance.lockfile import NOT_RUN, Locked

LOCK = "dvc.lock"
RAW, DECIDED = "data/raw", "data/decided.json"


def rerun(made: Clone, start: str, cache: Path) -> None:
    """Run all stages in the clone; from raw, those after download, whose data are pulled.

    Raises:
        UserError: a stage fails, or raw is not in the cache.
    """
    command = ["dvc", "repro", "--quiet", "--force"]
    if (stated := made.root / versions.PATH).exists():
        for line in pin_versions.pin(stated):  # else it would refuse to run
            print(line)
    if start == "raw":
        made.run("dvc", "remote", "add", "--quiet", "--local", "original", str(cache))
        # Older commits have no data/decided.json.
        locked = lockfile.read((made.root / LOCK).read_text(encoding="utf-8"))
        outs = locked.get("download", NOT_RUN).outs
        kept = [RAW, *(out for out in (DECIDED,) if out in outs)]
        if not made.run("dvc", "pull", "--quiet", "--remote", "original", *kept):
            raise UserError(f"{RAW} is not in the cache: `dvc pull {RAW}`, or verify without `raw`")
        command += ["--downstream", "preprocess"]
    if not made.run(*command):
        raise UserError("the commit cannot be run again; the reason is above")


def report(before: Mapping[str, Locked], again: Rerun) -> Iterator[str]:
    """Yield the stages that differ, their outputs and by how much, and the causes."""
    after = lockfile.read((again.made.root / LOCK).read_text(encoding="utf-8"))
    suspects = set[str]()
    for stage in {**before, **after}:
        old, new = before.get(stage, NOT_RUN), after.get(stage, NOT_RUN)
        told = list(outputs(old, new, again))
        suspects |= {path for path in old.outs if old.outs[path] != new.outs.get(path)}
        stale = (old.code, old.params) != (new.code, new.params)
        if not (told or stale):
            continue
        yield f"{stage} differs" if told else f"{stage}: the outputs are the same, but"
        yield from (printable(f"    {path}: {how}") for path, how in told)
        runs = _runs(stage, (old, new), again)
        yield from (f"    because {reason}" for reason in causes.causes(*runs, suspects))


def _runs(stage: str, both: tuple[Locked, Locked], again: Rerun) -> tuple[Run, Run]:
    """Return the first and the second run of a stage, with their machines."""
    path = environment.record_path(stage)
    here = again.made.root / path
    records = file_at(again.commit, path), here.read_bytes() if here.exists() else None
    then, now = (Run(*pair) for pair in zip(both, map(causes.machine, records), strict=True))
    return then, now


def damages(before: Mapping[str, Locked], cache: Path) -> Iterator[str]:
    """Yield a message for each cached output of the commit that is damaged."""
    for stage, old in before.items():
        for out, md5 in old.outs.items():
            for item in dvc_cache.damaged(cache, out, md5):
                name = printable(item.name)
                yield f"{stage}: {name}: its cached object was changed after it was cached"
                yield f"    delete {item.path};"
                yield f"    then `dvc pull`, or `dvc repro --force {stage}`"


def verify(start: str) -> list[str]:
    """Return what differs from the commit that is checked out, and what of it is damaged."""
    clone.require_top()
    commit = output("git", "rev-parse", "HEAD").strip()
    if changed := output("git", "status", "--porcelain").splitlines():
        print(f"not committed, so not verified: {', '.join(line[3:] for line in changed)}")
    if (text := file_at(commit, LOCK)) is None:
        raise UserError(f"{LOCK} is not committed; run `dvc repro`, and commit {LOCK}")
    before = lockfile.read(text.decode())
    cache = Path(output("dvc", "cache", "dir").strip())
    found = list(damages(before, cache))
    if start == "raw" and found:
        return found  # what is pulled must be whole
    with clone.opened(commit) as made:
        where = f"on {processor.model()}, in {made.root}"
        print(f"running {commit[:7]} again from {start}, {where}", flush=True)
        rerun(made, start, cache)
        return found + list(report(before, Rerun(commit, made, cache, made.changed())))


def main() -> None:
    """Print `identical`, or each difference; the exit code is 0 or 1."""
    found = verify(parser("verify", __doc__).read().start)
    print(*found or ["identical: dvc.lock, outputs and metrics"], sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    errors.run(main)
