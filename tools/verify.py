"""Compute a commit again, and say whether the same came out: `make verify [FROM=raw]`."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from reprise.escaping import printable
from stages import errors, launch, versions
from stages.errors import UserError
from tools import state_versions
from tools.provenance import clone, lockfile, objects, reasons
from tools.provenance.clone import Clone, blob, output
from tools.provenance.differences import Recomputed, outputs
from tools.provenance.lockfile import NOT_RUN, Locked
from tools.provenance.reasons import Run

LOCK = "dvc.lock"
RAW = "data/raw"


def recompute(made: Clone, start: str, cache: Path) -> None:
    """Run all stages in the clone; from raw, those after download, whose output is copied.

    Raises:
        UserError: a stage fails, or raw is not in the cache.
    """
    command = ["dvc", "repro", "--quiet", "--force"]
    if (stated := made.root / versions.PATH).exists():
        for line in state_versions.restate(stated):  # no obstacle: it is told as a reason
            print(line)
    if start == "raw":
        made.run("dvc", "remote", "add", "--quiet", "--local", "original", str(cache))
        if not made.run("dvc", "pull", "--quiet", "--remote", "original", RAW):
            raise UserError(f"{RAW} is not in the cache: `dvc pull {RAW}`, or leave FROM=raw out")
        command += ["--downstream", "preprocess"]
    if not made.run(*command):
        raise UserError("the commit cannot be computed again; the reason stands above")


def report(before: Mapping[str, Locked], again: Recomputed) -> Iterator[str]:
    """Yield what differs: the stage, its files and how far they are apart, and why."""
    after = lockfile.read((again.made.root / LOCK).read_text(encoding="utf-8"))
    suspects = set[str]()
    for stage in {**before, **after}:
        old, new = before.get(stage, NOT_RUN), after.get(stage, NOT_RUN)
        told = list(outputs(old, new, again))
        suspects |= {path for path in old.outs if old.outs[path] != new.outs.get(path)}
        stale = (old.code, old.params) != (new.code, new.params)
        if not (told or stale):
            continue
        yield f"{stage} differs" if told else f"{stage}: the same came out, but"
        yield from (printable(f"    {path}: {how}") for path, how in told)
        runs = _runs(stage, (old, new), again)
        yield from (f"    because {reason}" for reason in reasons.reasons(*runs, suspects))


def _runs(stage: str, both: tuple[Locked, Locked], again: Recomputed) -> tuple[Run, Run]:
    """Put beside the stage, as it ran then and now, what it ran on."""
    path = launch.record_path(stage)
    here = again.made.root / path
    records = blob(again.commit, path), here.read_bytes() if here.exists() else None
    then, now = (Run(*pair) for pair in zip(both, map(reasons.machine, records), strict=True))
    return then, now


def damages(before: Mapping[str, Locked], cache: Path) -> Iterator[str]:
    """Yield what this repository's cache holds with other bytes than it cached."""
    for stage, old in before.items():
        for out, md5 in old.outs.items():
            for item in objects.damaged(cache, out, md5):
                name = printable(item.name)
                yield f"{stage}: {name}: its cached object was changed after it was cached"
                yield f"    delete {item.path};"
                yield f"    `dvc pull`, or `dvc repro --force {stage}`, brings it back"


def verify(start: str) -> list[str]:
    """Return what is wrong with the commit that is checked out, or with what is cached of it."""
    commit = output("git", "rev-parse", "HEAD").strip()
    if changed := output("git", "status", "--porcelain").splitlines():
        print(f"not committed, so not verified: {', '.join(line[3:] for line in changed)}")
    if (text := blob(commit, LOCK)) is None:
        raise UserError(f"{LOCK} is not committed; run `dvc repro`, and commit {LOCK}")
    before = lockfile.read(text.decode())
    cache = Path(output("dvc", "cache", "dir").strip())
    found = list(damages(before, cache))
    if start == "raw" and found:
        return found  # what is copied must be whole
    with clone.opened(commit) as made:
        print(f"computing {commit[:7]} again from {start} in {made.root}", flush=True)
        recompute(made, start, cache)
        return found + list(report(before, Recomputed(commit, made, cache, made.changed())))


def main() -> None:
    """Print `identical`, or each difference; the exit code is 0 or 1."""
    parser = argparse.ArgumentParser(prog="verify", description="Compute a commit again.")
    parser.add_argument("start", nargs="?", choices=["sources", "raw"], default="sources")
    found = verify(parser.parse_args().start)
    print(*found or ["identical: dvc.lock, outputs and metrics"], sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    errors.run(main)
