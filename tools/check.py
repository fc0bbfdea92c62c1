"""Is this commit whole? Parameters, graph, and a dvc.lock as new as the code.

Data may be absent, as they are where a forge checks what was pushed.
"""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from reprise.tool_parsers import parser
from stages import errors, sections
from stages.errors import UserError
from tools.checking import dependencies, status
from tools.params_yaml import section_class

GRAPH, LOCK = Path("dvc.yaml"), Path("dvc.lock")


def parameters() -> Iterator[str]:
    """Yield what is wrong in params.yaml."""
    for name in sections.stage_names():
        try:
            section_class(name).load()
        except UserError as error:
            yield str(error)


def graph() -> Iterator[str]:
    """Yield where dvc.yaml does not name the code that a stage imports, with what it must say."""
    stages = YAML(typ="safe").load(GRAPH.read_text(encoding="utf-8"))["stages"]
    for name in sections.stage_names():
        deps = sorted(dep for dep in stages[name]["deps"] if dep.startswith(dependencies.CODE))
        expected = dependencies.code_deps(name)
        if deps != expected:
            yield from (
                f"{path}: {name} imports no such module, and {GRAPH} names its folder"
                for path in dependencies.strays(name, deps)
            )
            rows = (f"      - {dep}" for dep in expected)
            yield "\n".join([f"{GRAPH}: {name}.deps, the code, must be", *rows])


def lock() -> Iterator[str]:
    """Yield the stages that would run again, for other reasons than data that are not here."""
    for name, found in status.statuses().items():
        if changed := [*found.changed()]:
            yield (
                f"{LOCK}: {name} ran with other {', '.join(changed)}; run `dvc repro` (or "
                f"`reprise relock`), and commit {LOCK} and metrics/"
            )


def main() -> None:
    """Print what is wrong; the exit code is 0 or 1."""
    parser("check", __doc__).read()
    if found := [*graph(), *parameters()]:
        raise UserError("\n".join(found))
    if not LOCK.exists():
        print(f"params.yaml and {GRAPH} are whole; no stage has run yet, so there is no {LOCK}")
        return
    if found := [*lock()]:
        raise UserError("\n".join(found))
    print(f"params.yaml and {GRAPH} are whole, and {LOCK} is as new as they are")


if __name__ == "__main__":
    errors.run(main)
