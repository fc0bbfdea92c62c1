"""A folder in which the stages of a recipe run, without DVC."""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from benchmarks.measuring.datasets import source
from benchmarks.measuring.task import ROOT, Cost, Task, run_module
from stages.params import PATH
from tools import recipe
from tools.params_yaml import Sections, merge, read


class Workspace(NamedTuple):
    """A folder of its own, with the parameters that stand in it."""

    root: Path
    params: Sections

    def set(self, section: str, **values: object) -> None:
        """Set parameters."""
        self.params[section] |= values
        self.write()

    def write(self) -> None:
        """Write params.yaml."""
        with (self.root / PATH).open("w", encoding="utf-8") as file:
            YAML().dump(self.params, file)

    def stage(self, name: str) -> Cost:
        """Run a stage, and return what it cost."""
        return run_module(self.root, f"stages.{name}")

    def accuracy(self) -> float:
        """Return the accuracy that evaluate came to."""
        scores = json.loads((self.root / "metrics/evaluate.json").read_text(encoding="utf-8"))
        return float(scores["accuracy"])


def prepared(task: Task, name: str, download: dict[str, Any] | None = None) -> Workspace:
    """Return a workspace in which the recipe's images are downloaded and preprocessed.

    Recipes with the same images share it. `download` are parameters of that section, where they
    are not those of the recipe's data set.

    Raises:
        AbsentError: the images are not here.
    """
    params = read(PATH)
    settings = recipe.settings(name)
    merge(params, settings)
    params["download"] |= download or source(task, str(settings["download"]["dataset"]))
    params["train"]["board"] = False
    told = json.dumps([params["download"], params["preprocess"]], sort_keys=True, default=str)
    made = Workspace(task.scratch / sha256(told.encode()).hexdigest()[:12], params)
    if not (made.root / "data/splits").exists():
        made.root.mkdir(exist_ok=True)
        shutil.copy(ROOT / "versions.yaml", made.root)
        made.write()
        cost = made.stage("download") + made.stage("preprocess")
        task.say(f"  download and preprocess took {cost.seconds:.0f} s")
    made.write()
    return made
