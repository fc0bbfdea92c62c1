"""dvc.yaml says of each stage what its code does: one section, these modules, these files."""

import ast
from importlib import import_module
from pathlib import Path

import pytest
from conftest import Clone
from ruamel.yaml import YAML

from stages import versions
from stages.artifacts import report
from tools.checking.dependencies import CODE, PACKAGES, closure, code_deps, strays, tree

STAGES = YAML(typ="safe").load(Path("dvc.yaml"))["stages"]
PARAMS = YAML(typ="safe").load(Path("params.yaml"))
# The libraries of versions.yaml by the name under which code imports them; torch.onnx needs two.
LIBRARIES = {
    "PIL": ["pillow"],
    "ai_edge_litert": ["ai-edge-litert"],
    "onnx": ["onnx", "onnxscript"],
    "sklearn": ["scikit-learn"],
}
API = Path("reprise/__init__.py")  # what users import
SPARED = {"train": {"pillow"}}  # it draws for TensorBoard alone
each_stage = pytest.mark.parametrize("name", STAGES)


@each_stage
def test_a_stage_is_one_script_and_one_section(name: str) -> None:
    assert STAGES[name]["cmd"] == f"python -m stages.{name}", f"dvc.yaml: {name}.cmd"
    assert STAGES[name]["params"][0] == name, f"dvc.yaml: {name}.params must begin with {name}"
    assert STAGES[name]["desc"], f"dvc.yaml: {name}.desc says in a line what the stage does"


def test_sections_are_stages() -> None:
    assert list(PARAMS) == list(STAGES), "params.yaml: one section a stage, in the same order"


@each_stage
def test_code_deps_are_the_imported_modules(name: str) -> None:
    written = sorted(dep for dep in STAGES[name]["deps"] if dep.startswith(CODE))
    expected = code_deps(name)
    assert written == expected, says(f"{name}.deps, the code,", expected) + "".join(
        f"\n{stray}: in a folder of {name}'s deps, and no module that it imports"
        for stray in strays(name, written)
    )


@each_stage
def test_a_stage_depends_on_the_versions_of_what_it_imports(name: str) -> None:
    modules = {module for path in closure(Path(f"stages/{name}.py")) for module in foreign(path)}
    imported = {library for module in modules for library in LIBRARIES.get(module, [module])}
    needed = sorted((imported & versions.stated().keys()) - SPARED.get(name, set()))
    assert STAGES[name]["params"][1:] == [{str(versions.PATH): needed}], (
        f"dvc.yaml: {name}.params must be\n      - {name}\n"
        f"      - {versions.PATH}: [{', '.join(needed)}]"
    )


def test_stated_versions_are_those_that_make_installs() -> None:
    lines = Path("constraints.txt").read_text("utf-8").lower().splitlines()
    pinned, stated = dict(line.split("==") for line in lines), versions.stated()
    assert stated == {name: pinned[name] for name in stated}, "run `reprise versions`"


@each_stage
def test_data_deps_are_the_artifacts_read(name: str) -> None:
    written = [dep for dep in STAGES[name]["deps"] if not dep.startswith(CODE)]
    # A parameter `path` names data of the user's, `weights` may name a file in models/source;
    # `exclude` and `relabel` name tables in data/cleaning, `predictions` those of other folds.
    own = [f"${{{name}.path}}"] if "path" in PARAMS[name] else []
    own += ["models/source"] if "weights" in PARAMS[name] else []
    own += ["data/cleaning"] if "exclude" in PARAMS[name] else []
    own += [f"${{{name}.predictions}}"] if "predictions" in PARAMS[name] else []
    read = sorted([*artifacts(name, "read"), *own])
    assert sorted(written) == read, says(f"{name}.deps, the data,", read)


@each_stage
def test_outs_are_the_artifacts_written(name: str) -> None:
    outs = [out for kind in ("outs", "metrics", "plots") for out in STAGES[name].get(kind, [])]
    paths = {out if isinstance(out, str) else next(iter(out)) for out in outs}
    written = artifacts(name, "write")
    # The files of a folder may be outs by themselves, each with its plot.
    within = {path for path in paths if str(Path(path).parent) in written}
    found = paths - within | {str(Path(path).parent) for path in within}
    assert found == written, says(f"{name}.outs, metrics and plots", sorted(written))


def test_every_table_and_picture_of_the_report_is_a_plot(pristine: Clone) -> None:
    plots = [
        out if isinstance(out, str) else next(iter(out)) for out in STAGES["evaluate"]["plots"]
    ]
    folder = pristine.root / report.PLOTS
    assert sorted(plots) == sorted(str(report.PLOTS / path.name) for path in folder.iterdir())


def test_package_files_hold_no_code() -> None:
    """Each stage would depend on it; all that stands there is for the time of importing."""
    importing = Path("stages/__init__.py")
    assert foreign(importing) == {"gc", "signal", "sys"}
    for path in {*sources("__init__.py")} - {importing, API}:
        assert [type(node) for node in tree(path).body] == [ast.Expr], f"{path}: a docstring only"


def test_the_package_of_the_predictor_imports_what_users_take_when_they_do() -> None:
    assert foreign(API) == {"os", "typing"}
    at_once = [node for node in tree(API).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in at_once] == [
        "import os",
        "from typing import TYPE_CHECKING",
    ]


def test_every_module_is_used() -> None:
    modules = {path for path in sources("*.py") if path.name != "__init__.py"}
    commands = {path for path in modules if "\nif __name__ ==" in path.read_text("utf-8")}
    used = set().union(*map(closure, {*commands, API}))
    strays = ", ".join(sorted(map(str, modules - used)))
    assert not strays, f"no command imports {strays}: delete them, or import them"


def sources(pattern: str) -> list[Path]:
    return [path for package in PACKAGES for path in Path(package).rglob(pattern)]


def says(place: str, items: list[str]) -> str:
    """Return what dvc.yaml must hold, ready to paste."""
    return "\n".join([f"dvc.yaml: {place} must be", *(f"      - {item}" for item in items)])


def foreign(path: Path) -> set[str]:
    """Return the names that a module imports from outside the project."""
    if path.suffix != ".py":
        return set()
    nodes = list(ast.walk(tree(path)))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    modules = [node.module or "" for node in froms]
    modules += [
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    ]
    return {module.partition(".")[0] for module in modules} - set(PACKAGES)


def artifacts(name: str, verb: str) -> set[str]:
    """Return the paths of the artifact modules on which the script calls `verb`."""
    calls = (
        node.func
        for node in ast.walk(tree(Path(f"stages/{name}.py")))
        if isinstance(node, ast.Call)
    )
    modules = {
        call.value.id
        for call in calls
        if isinstance(call, ast.Attribute)
        and call.attr.startswith(verb)
        and isinstance(call.value, ast.Name)
        and Path(f"stages/artifacts/{call.value.id}.py").exists()
    }
    return {str(path) for module in modules for path in places(module)}


def places(module: str) -> list[Path]:
    """Return where an artifact lives: every path constant of its module."""
    constants = vars(import_module(f"stages.artifacts.{module}")).values()
    return [value for value in constants if isinstance(value, Path)]
