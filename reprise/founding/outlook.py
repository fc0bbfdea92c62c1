"""List the stages that `dvc repro` will run after an upgrade, with the reasons of `dvc status`."""

from collections.abc import Iterator
from pathlib import Path

from reprise import dvc_status
from reprise.dvc_status import StageStatus, StatusError
from reprise.escaping import printable
from reprise.repository import PlaceError, python

CODE = ("stages/", "reprise/")
LATER = "`make install` installs what is new; `dvc status` tells which stages run again"


def outlook(root: Path) -> Iterator[str]:
    """Yield a line for each stage that will run again, or why that is not known."""
    if not (root / "dvc.lock").exists():
        yield "no stage has run here yet: `dvc repro` runs all"
        return
    try:
        found = dvc_status.statuses(str(python(root)), root)
    except (PlaceError, StatusError):
        yield LATER
        return
    lines = [
        f"  {stage}: {', '.join(why)}" for stage, one in found.items() if (why := reasons(one))
    ]
    yield (
        "these stages will run again, and those that need other results of theirs:"
        if lines
        else "no stage will run again"
    )
    yield from lines
    if any(map(only_code, found.values())):
        yield "where the code says the same in other words, `reprise relock` spares them that"


def reasons(found: StageStatus) -> list[str]:
    """Return why a stage runs again: code, parameters, data, in one phrase each."""
    named = {
        "code": sorted(path for path in found.deps if path.startswith(CODE)),
        "parameters and versions": sorted(found.params),
        "data": sorted(path for path in [*found.deps, *found.outs] if not path.startswith(CODE)),
        "its command": ["dvc.yaml"] if found.other else [],
    }
    return [f"{what} ({printable(', '.join(names))})" for what, names in named.items() if names]


def only_code(found: StageStatus) -> bool:
    """Return whether nothing but code has changed."""
    rest = (found.params, found.outs, found.other)
    return bool(found.deps) and not any(rest) and all(one.startswith(CODE) for one in found.deps)
