"""Record in dvc.lock that a stage need not run: its code says the same in other words.

A stage that `dvc status` calls changed by Python files alone is compared with the code that it ran
with, which Git has: where comments, docstrings and layout are all that differ, `dvc commit` records
the new hashes, and nothing runs. With --verify, stages are run in an empty clone, those with other
code, too, and recorded if they give the same bytes. The exit code is 1 if a stage is to run, also
where others were recorded.
"""

import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path

from reprise.dvc_status import StageStatus
from reprise.tool_parsers import parser
from stages import errors
from stages.errors import UserError
from tools.checking import graph, status
from tools.provenance import clone, lockfile
from tools.provenance.lockfile import NOT_RUN, Locked
from tools.relocking import proof
from tools.relocking.judgement import Judgement, judge, seeing

LOCK = Path("dvc.lock")
SHOWN = 4  # files


def judged(stage: str, found: StageStatus, locked: Mapping[str, Locked]) -> Judgement:
    """Return whether a stage must run again."""
    then = locked.get(stage, NOT_RUN)
    made = judge(found, then, graph.dropped(graph.read()[stage], then))
    return made._replace(other=made.other + seeing(stage, found.deps)) if made.same else made


def told(stage: str, made: Judgement) -> Iterator[str]:
    """Yield what is the same in other words, and why the stage must run if it must."""
    if reasons := [*made.elsewhere, *made.other]:
        yield f"{stage} differs; `dvc repro {stage}` runs it"
        yield from (f"    {reason}" for reason in reasons)
    else:
        more = f" and {len(made.same) - SHOWN} more" if len(made.same) > SHOWN else ""
        names = ", ".join(made.same[:SHOWN])
        yield f"{stage} need not run: the same in other words: {names}{more}"


def relock(options: Namespace) -> bool:
    """Record what need not run; return whether all of it was recorded.

    Raises:
        UserError: there is no dvc.lock, dvc.yaml is not whole, or a command fails.
    """
    if not LOCK.exists():
        raise UserError(f"{LOCK}: is not there; no stage has run yet, so `dvc repro` runs all")
    if wrong := [*graph.findings()]:
        raise UserError("\n".join([*wrong, f"until {graph.GRAPH} is whole, nothing is recorded"]))
    locked = lockfile.load(LOCK)
    found = status.statuses(*options.stages)
    judgements = {stage: judged(stage, said, locked) for stage, said in found.items()}
    if not judgements:
        print(f"{LOCK} is as new as code, parameters and data; nothing to record")
    for stage, made in judgements.items():
        print(*told(stage, made), sep="\n", flush=True)
    open_ = [stage for stage, made in judgements.items() if not made.elsewhere]
    if options.verify:
        spared = proved(open_, locked)
    else:
        spared = [stage for stage in open_ if not judgements[stage].other]
    if not options.dry_run:
        record(spared)
    if spared and (rest := [stage for stage in judgements if stage not in spared]):
        print(f"not spared: {', '.join(rest)}; `dvc repro` runs what differs (exit code 1)")
    return len(spared) == len(judgements)


def proved(stages: list[str], locked: Mapping[str, Locked]) -> list[str]:
    """Run stages in a clone, and return those that give the bytes that dvc.lock has."""
    if not stages:
        return []
    equal = list[str]()
    with clone.opened(proof.require_committed()) as made:
        for stage in stages:
            print(f"running {stage} in {made.root}", flush=True)
            if other := proof.unequal(made, stage, locked):
                print(f"{stage} gives other bytes in {', '.join(other)}; `dvc repro {stage}`")
            else:
                print(f"{stage} need not run: it gives the same bytes")
                equal.append(stage)
    return equal


def record(stages: list[str]) -> None:
    """Have DVC write today's hashes of stages into dvc.lock.

    Raises:
        UserError: it fails.
    """
    if not stages:
        return
    command = [sys.executable, "-m", "dvc", "commit", "--quiet", "--force", *stages]
    if subprocess.run(command, check=False).returncode:  # noqa: S603
        raise UserError("`dvc commit` failed; the reason is above")
    print(f"recorded in {LOCK}: {', '.join(stages)}; commit it")


def main() -> None:
    """Record, and print why; the exit code is 0 or 1."""
    options = parser("relock", __doc__).read()
    clone.require_top()
    sys.exit(not relock(options))


if __name__ == "__main__":
    errors.run(main)
