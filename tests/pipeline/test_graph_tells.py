"""The graph test names each way in which dvc.yaml and the code can part, once, with the remedy."""

import shutil
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from inspect import signature
from pathlib import Path

import pytest

from tools.checking import dependencies


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a folder with all that the graph test reads the working folder."""
    for name in ("reprise", "stages", "tools", "tests/pipeline"):
        shutil.copytree(name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", "pyproject.toml", "versions.yaml", "constraints.txt"):
        shutil.copy(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    forget()


def forget() -> None:
    """Have the modules of the working folder read again."""
    dependencies.tree.cache_clear()
    dependencies.closure.cache_clear()
    dependencies.needs.cache_clear()


def failures() -> dict[str, str]:
    """Run the graph test of the working folder; return what each test that fails says."""
    forget()
    spec = spec_from_file_location("graph", "tests/pipeline/test_graph.py")
    assert spec
    assert spec.loader
    graph = module_from_spec(spec)
    spec.loader.exec_module(graph)
    failed = dict[str, str]()
    for test, function in vars(graph).items():
        needs = signature(function).parameters if test.startswith("test_") else ["pristine"]
        if "pristine" in needs:  # that one needs a run
            continue
        for stage in graph.STAGES if needs else [""]:
            try:
                function(*filter(None, [stage]))
            except AssertionError as error:
                failed[f"{test}[{stage}]"] = str(error)
    return failed


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize(
    ("file", "change", "test", "remedy"),
    [
        pytest.param(
            "dvc.yaml",
            ("      - stages/batches.py\n", ""),
            "test_code_deps_are_the_imported_modules[train]",
            "dvc.yaml: train.deps, the code, must be",
            id="a dep of code is dropped",
        ),
        pytest.param(
            "dvc.yaml",
            ("      - stages/sources\n", ""),
            "test_code_deps_are_the_imported_modules[download]",
            "      - stages/sources\n",
            id="a folder is dropped",
        ),
        pytest.param(
            "dvc.yaml",
            ("      - data/raw\n", ""),
            "test_data_deps_are_the_artifacts_read[preprocess]",
            "dvc.yaml: preprocess.deps, the data, must be",
            id="a dep of data is dropped",
        ),
        pytest.param(
            "dvc.yaml",
            ("    outs: [models/export]\n", "    outs: [models/exports]\n"),
            "test_outs_are_the_artifacts_written[export]",
            "dvc.yaml: export.outs, metrics and plots must be",
            id="an out is renamed",
        ),
        pytest.param(
            "stages/evaluate.py",
            ("from pydantic import", "from stages import patterns\nfrom pydantic import"),
            "test_code_deps_are_the_imported_modules[evaluate]",
            "- stages/patterns.py",
            id="an import is added",
        ),
        pytest.param(
            "stages/evaluate.py",
            ("from pydantic import", "from . import patterns\nfrom pydantic import"),
            "test_code_deps_are_the_imported_modules[evaluate]",
            "- stages/patterns.py",
            id="a relative import is added",
        ),
        pytest.param(
            "stages/evaluate.py",
            ("from pydantic import", "from .patterns import refuse\nfrom pydantic import"),
            "test_code_deps_are_the_imported_modules[evaluate]",
            "- stages/patterns.py",
            id="a name is imported from a module of the same package",
        ),
        pytest.param(
            "stages/reporting/page/page.py",
            ("from pathlib import Path", "from pathlib import Path\nfrom ... import patterns"),
            "test_code_deps_are_the_imported_modules[evaluate]",
            "- stages/patterns.py",
            id="a relative import goes up",
        ),
    ],
)
def test_one_difference_fails_one_test(
    file: str, change: tuple[str, str], test: str, remedy: str
) -> None:
    text = Path(file).read_text("utf-8")
    assert change[0] in text
    Path(file).write_text(text.replace(*change, 1), "utf-8")
    failed = failures()
    assert [*failed] == [test]
    assert remedy in failed[test]


@pytest.mark.usefixtures("copied")
def test_of_what_is_right_no_test_fails() -> None:
    assert failures() == {}


@pytest.mark.usefixtures("copied")
def test_strays_in_the_folder_of_a_stage_are_named() -> None:
    module, template = Path("stages/sources/stray.py"), Path("stages/reporting/page/old.html")
    for path in (module, template):
        path.write_text('"""Nobody imports this."""\n', "utf-8")
    Path("stages/nets/cnn.py~").write_text("an editor's", "utf-8")  # .dvcignore leaves it out
    expected = {
        "test_code_deps_are_the_imported_modules[download]": f"{module}: in a folder of download's",
        "test_code_deps_are_the_imported_modules[evaluate]": f"{template}: in a folder of evaluate",
        "test_every_module_is_used[]": f"no command imports {module}: delete them",
    }
    failed = failures()
    assert failed.keys() == expected.keys()
    assert all(said in failed[test] for test, said in expected.items())
