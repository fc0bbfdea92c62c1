"""DVC's run cache hands out what these parameters give, and never another result.

`download` and `preprocess` are the real stages, on small pictures; stand-ins for the slow ones
write down their section and what they read. All run in this process.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir
from copy import deepcopy
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dvc.repo import Repo
from dvc.utils.serialize import _yaml
from dvc.utils.serialize._yaml import parse_yaml
from PIL import Image as Picture
from pydantic import BaseModel
from ruamel.yaml import YAML
from test_parameters import another

from stages import download, preprocess, versions
from tools.params_yaml import section_class as section

Values = dict[str, dict[str, Any]]

PARAMS: Values = YAML(typ="safe").load(Path("params.yaml"))
GRAPH = YAML(typ="safe").load(Path("dvc.yaml"))["stages"]
CLEANING = {
    "data/cleaning/exclude.csv": "path\ndark/10.png\n",
    "data/cleaning/relabel.csv": "path,label\ndark/11.png,light\n",
}
ARCHIVES = {"photos": 24, "fewer": 20, "others": 16}  # of so many pictures a class
REAL = {"download": download.main, "preprocess": preprocess.main}
OWN: Values = {  # where the small data set differs from params.yaml
    "download": {"dataset": "table", "path": "photos.zip", "table": "most.csv"},
    "preprocess": {"image_size": [6, 6], "workers": 1},
}
# Another value of each parameter of the real stages, with which they run.
OTHERS: Values = {
    "download": {
        "dataset": "folder",
        "path": "fewer.zip",
        "address": "file://{root}/others.zip",
        "sha256": "{digest}",
        "max_bytes": 10**8,
        "repository": "owner/name",  # of data sets of the hub, as are the next two
        "revision": "main",
        "subset": "small",
        "table": "all.csv",
        "file_column": "opposite",
        "label_column": "parity",
        "group_column": "opposite",
        "split_column": "split",
        "join_table": "parts.csv",
        "label_pattern": r"([^/]+)/\d?(in no table|\d)\.png$",
        "mirror": "nowhere",  # of the named sets, as is the next
        "emnist_split": "letters",
        "exclude": "data/cleaning/exclude.csv",
        "relabel": "data/cleaning/relabel.csv",
    },
    "preprocess": {
        "seed": 1,
        "splits": "fresh",
        "groups": "near_duplicates",
        "group_pattern": r"\d",
        "similarity": 0.9,
        "folds": 3,
        "fold": 1,
        "val_fraction": 0.3,
        "test_fraction": 0.3,
        "image_size": [9, 6],
        "resize": "crop",
        "interpolation": "nearest",
        "channels": 3,
        "normalize": "half",
        "duplicates": "drop_from_train",
        "on_error": "exclude",
        "workers": 2,
    },
}
# What must change beside some of them.
WITH: Values = {
    "dataset": {"table": None},
    "join_table": {"split_column": "part"},
    "label_pattern": {"dataset": "folder", "table": None},
    "group_pattern": {"groups": "pattern"},
}
# With these values, that parameter changes nothing that the stage writes.
IDLE = {
    *(("download", key) for key in ("sha256", "max_bytes", "mirror", "emnist_split")),
    *(("download", key) for key in ("repository", "revision", "subset")),
    *(("preprocess", key) for key in ("splits", "on_error", "workers", "similarity", "fold")),
}
pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:dvc(\..*)?")
LEAVES = [(section, key) for section, keys in PARAMS.items() for key in keys]


class Project:
    """A repository with small data, and the graph and parameters of this one up to a stage."""

    def __init__(self, root: Path, stage: str) -> None:
        self.root, self._stage, self._ran = root, stage, list[str]()
        for name, count in ARCHIVES.items():
            draw(root.parent / name, count)
            shutil.make_archive(str(root / name), "zip", root.parent / name)
        for name, text in CLEANING.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        self._digest = sha256((root / "photos.zip").read_bytes()).hexdigest()
        names = [*GRAPH][: [*GRAPH].index(stage) + 1]
        self.params: Values = {name: PARAMS[name] | OWN.get(name, {}) for name in names}
        self._write("dvc", {"stages": {name: graph(name) for name in names}})
        Repo.init(str(root), no_scm=True).close()
        for name in names:
            self.before = self.reproduce(self.params, name)[1]
        # From now on, the run cache is warm.

    def reproduce(self, params: Values, stage: str) -> tuple[list[str], dict[str, str]]:
        """Run `dvc repro --single-item`; return what ran, and the digest of each out."""
        self._write("params", params)
        self._ran.clear()
        with chdir(self.root), Repo() as repo, pytest.MonkeyPatch.context() as patch:
            patch.setattr("dvc.stage.run._run", self._execute)
            repo.reproduce(stage, single_item=True)
        return [*self._ran], digests(self.root, stage)

    def _execute(self, _: object, command: str, **_options: object) -> None:
        """Run a stage where DVC would start a process."""
        self._ran.append(command.rpartition(".")[2])
        run(self._ran[-1])

    def compute(self, params: Values, place: Path) -> dict[str, str]:
        """Run the stage in a folder without DVC; return the digest of each out."""
        own = ["data/cleaning", *(f"{archive}.zip" for archive in ARCHIVES)]
        for name in [*own, *read(self._stage)]:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (self.root / name).is_dir() else shutil.copy
            copy(self.root / name, place / name)
        with (place / "params.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(params, file)
        with chdir(place):
            run(self._stage)
        return digests(place, self._stage)

    def changed(self, key: str) -> Values:
        """Return the parameters with another value of one of the stage."""
        stage = self._stage
        new = OTHERS[stage][key] if stage in OTHERS else another(self.params[stage][key])
        text = new.format(root=self.root, digest=self._digest) if isinstance(new, str) else new
        return self.params | {stage: self.params[stage] | WITH.get(key, {}) | {key: text}}

    def _write(self, name: str, content: Values) -> None:
        with (self.root / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(content, file)


def draw(folder: Path, count: int) -> None:
    """Draw pictures of two classes, some of them twice, with two tables that name them."""
    rng, rows = np.random.default_rng(count), list[list[str]]()
    for label, opposite, bright in (("dark", "light", 0), ("light", "dark", 120)):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            shape = 6 + number % 3, 7, 3
            pixels = (rng.integers(0, 120, shape) + bright).astype(np.uint8)
            Picture.fromarray(pixels).save(folder / label / f"{number:02}.png")
            parity, split = (
                ["even", "odd"][number % 2],
                ["train", "train", "val", "test"][number % 4],
            )
            names = [f"{folder}/{number:02}.png" for folder in (label, opposite)]
            rows.append([*names, label, parity, split])
    for number in range(1, 8):
        shutil.copy(folder / "dark" / "00.png", folder / "dark" / f"{number:02}.png")
    shutil.copy(folder / "dark" / "09.png", folder / "dark" / "in no table.png")
    with (folder / "parts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file", "part"], *((row[0], row[-1]) for row in rows[2:-2])])
    for name, part in {"all": rows, "most": rows[2:-2]}.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["file", "opposite", "label", "parity", "split"], *part])


def graph(stage: str) -> dict[str, object]:
    """Return a stage of dvc.yaml without its code, which does not change here."""
    kept = {
        key: GRAPH[stage][key]
        for key in (
            "cmd",
            "outs",
            "metrics",
            "plots",
        )
        if key in GRAPH[stage]
    }
    own = ["${download.path}", "data/cleaning"] if stage == "download" else []
    return {**kept, "deps": own + read(stage), "params": [stage]}


def read(stage: str) -> list[str]:
    """Return what a stage reads of other stages."""
    made = {out for name in GRAPH for out in outs(name)}
    return [dep for dep in GRAPH[stage]["deps"] if dep in made]


def outs(stage: str) -> list[str]:
    listed = [out for kind in ("outs", "metrics", "plots") for out in GRAPH[stage].get(kind, [])]
    return [out if isinstance(out, str) else next(iter(out)) for out in listed]


def run(stage: str) -> None:
    """Run a stage here; a stand-in's outs hold all that an honest stage's depend on."""
    if stage in REAL:
        return REAL[stage]()
    values = YAML(typ="safe").load(Path("params.yaml"))[stage]
    for out in map(Path, outs(stage)):
        out.parent.mkdir(parents=True, exist_ok=True)
        found = [str(out), values, {dep: digest(Path(dep)) for dep in read(stage)}]
        out.write_text(json.dumps(found), "utf-8")
    return None


def digest(path: Path) -> str:
    """Return a digest of a file, or of all files of a folder with their names."""
    found = sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            found.update(file.relative_to(path).as_posix().encode() + file.read_bytes())
    return found.hexdigest()


def digests(root: Path, stage: str) -> dict[str, str]:
    return {out: digest(root / out) for out in outs(stage)}


@pytest.fixture(scope="module", autouse=True)
def one_parsing() -> Iterator[None]:
    """Parse the same YAML once: most of the time of DVC goes there."""
    parsed = cache(parse_yaml)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_yaml, "parse_yaml", lambda *a, **kw: deepcopy(parsed(*a, **kw)))
        yield


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Return what makes a project for each stage, once."""

    @cache
    def make(stage: str) -> Project:
        root = tmp_path_factory.mktemp(stage) / "project"
        root.mkdir()
        return Project(root, stage)

    return make


@pytest.mark.parametrize(("stage", "key"), LEAVES)
def test_another_value_gives_its_own_result_and_going_back_the_old_one(
    projects: Callable[[str], Project], tmp_path: Path, stage: str, key: str
) -> None:
    project = projects(stage)
    params = project.changed(key)
    ran, found = project.reproduce(params, stage)
    assert found == project.compute(params, tmp_path), "not what these parameters give"
    assert ran == [stage], "it must run for another value of its parameter"
    assert (found == project.before) == ((stage, key) in IDLE)
    assert project.reproduce(project.params, stage) == ([], project.before), "going back is free"


def test_every_parameter_has_another_value() -> None:
    for stage, values in OTHERS.items():
        assert values.keys() == PARAMS[stage].keys(), f"add a value of it to OTHERS[{stage!r}]"


def names(model: type[BaseModel]) -> set[str]:
    """Return the names of all parameters, at any depth."""
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for part in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= names(part)
    return found


@pytest.mark.parametrize("stage", PARAMS)
def test_no_parameter_has_a_name_that_dvc_leaves_out_of_the_key(stage: str) -> None:
    """See docs/dvc.md: `_get_cache_hash` drops keys of these names, at any depth."""
    stated = versions.stated()
    assert not {"size", "nfiles"} & (names(section(stage)) | {*PARAMS[stage]} | {*stated})
