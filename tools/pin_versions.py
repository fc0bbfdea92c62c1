"""Write the installed versions of the libraries in versions.yaml into it: `reprise versions`.

Each stage in dvc.yaml depends on the versions of the libraries that it uses: a stage whose versions
change will run again, and the command names it.
"""

from pathlib import Path

from ruamel.yaml import YAML

from reprise.tool_parsers import parser
from stages import errors, files, versions

GRAPH = Path("dvc.yaml")
HEAD = """\
# The libraries whose version decides results; the stages in dvc.yaml that use them depend on
# these lines, and refuse to run in others. `reprise versions` writes what is installed.
"""


def stages_using(name: str) -> list[str]:
    """Return the stages that depend on a library."""
    stages = YAML(typ="safe").load(GRAPH.read_text(encoding="utf-8"))["stages"]
    return [
        stage
        for stage, said in stages.items()
        for group in said["params"]
        if isinstance(group, dict) and name in group.get(str(versions.PATH), [])
    ]


def pin(path: Path = versions.PATH) -> list[str]:
    """Write the installed versions; return a line for each that changed.

    The library of an extra that is not installed stays as it is: it computes nothing here.
    """
    before = versions.stated(path)
    after = versions.installed(before)
    after.update({name: before[name] for name in versions.absent(after)})
    lines = [f'{name}: "{number}"\n' for name, number in sorted(after.items())]
    with files.replacing(path) as partial:
        partial.write_text(HEAD + "".join(lines), encoding="utf-8", newline="\n")
    return [
        f"{name} {before[name]} -> {after[name]}: {', '.join(stages_using(name))} will run again"
        for name in before
        if before[name] != after[name]
    ]


def main() -> None:
    """Write the file, and print what changed."""
    parser("versions", __doc__).read()
    print(*pin() or [f"{versions.PATH} states what is installed; nothing changed"], sep="\n")


if __name__ == "__main__":
    errors.run(main)
