"""Is this commit whole? Parameters, graph, and a dvc.lock as new as the code.

Data may be absent, as they are where a forge checks what was pushed.
"""

from collections.abc import Iterator
from pathlib import Path

from reprise.escaping import first_line
from reprise.tool_parsers import parser
from stages import errors, sections
from stages.errors import UserError
from tools.checking import dependencies, graph, in_git, status
from tools.params_yaml import section_class

LOCK = Path("dvc.lock")


def parameters() -> Iterator[str]:
    """Yield what is wrong in params.yaml, or keeps it from being checked."""
    for name in sections.stage_names():
        try:
            section_class(name).load()
        except UserError as error:
            yield from str(error).split("\n")
        except ImportError as error:
            yield f"stages/: {first_line(error)}; restore the module, or mend what imports it"


def lock() -> Iterator[str]:
    """Yield the stages that would run again, for other reasons than data that are not here."""
    kept = in_git.paths()
    for name, found in status.statuses().items():
        if changed := [*found.changed(kept)]:
            code = all(one.startswith(dependencies.CODE) for one in changed)
            words = " (or, if nothing but words changed, `reprise relock`)" if code else ""
            yield (
                f"{LOCK}: {name} ran with other {', '.join(changed)}; run `dvc repro`{words}, and "
                f"commit {LOCK} and metrics/"
            )


def main() -> None:
    """Print what is wrong; the exit code is 0 or 1."""
    parser("check", __doc__).read()
    if found := [*graph.findings(), *parameters()]:
        raise UserError("\n".join(dict.fromkeys(found)))
    if not LOCK.exists():
        print(
            f"params.yaml and {graph.GRAPH} are whole; no stage has run yet, so there is no {LOCK}"
        )
        return
    if found := [*lock()]:
        raise UserError("\n".join(found))
    print(f"params.yaml and {graph.GRAPH} are whole, and {LOCK} is as new as they are")


if __name__ == "__main__":
    errors.run(main)
