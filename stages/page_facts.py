"""Facts that a page shows and no output may hold: machine, experiment, speed.

They are in metrics/environment/<stage>.js, beside the records of the machines: in Git, and no
output of DVC. A page loads that file as a script, which works from the disk, too, and shows what it
tells if that is of this very page or model. Where the same is computed again, the file stays.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from reprise.escaping import script
from stages import environment, files

FIRST = "// Of {}. The report shows it; it is no output of DVC.\n"


def write(stage: str, result: str, tell: Callable[[], Mapping[str, object]]) -> None:
    """Write the facts that the report shows beside a result, if DVC runs the stage.

    `result` names the result by its checksums: where it is the same, the file stays as it is.

    Raises:
        UserError: it cannot be written.
    """
    path, first = environment.RECORDS / f"{stage}.js", FIRST.format(result)
    if not os.environ.get("DVC_STAGE") or _begins(path, first):
        return
    with files.replacing(path) as partial:
        text = f"{first}reprise.{stage} = {script({**tell()})};\n"
        partial.write_text(text, encoding="utf-8", newline="\n")


def run() -> dict[str, object]:
    """Return the experiment, where DVC runs one, and the machine of the training."""
    names = {"experiment": "DVC_EXP_NAME", "baseline": "DVC_EXP_BASELINE_REV"}
    told: dict[str, object] = {
        name: os.environ[key] for name, key in names.items() if os.environ.get(key)
    }
    try:
        trained = json.loads(environment.record_path("train").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or damaged by a merge
        return told
    return told | {"trained": trained}


def _begins(path: Path, first: str) -> bool:
    try:
        return path.read_text(encoding="utf-8").startswith(first)
    except (OSError, ValueError):
        return False
