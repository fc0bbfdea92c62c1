"""The graph test names each way in which dvc.yaml and the code can part, once, with the remedy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a folder with all that the graph test reads."""
    for name in ("reprise", "stages", "tools", "tests/pipeline"):
        shutil.copytree(name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", "pyproject.toml", "versions.yaml", "constraints.txt"):
        shutil.copy(name, tmp_path)
    shutil.copy("tests/conftest.py", tmp_path / "tests")
    return tmp_path


def failures(root: Path) -> tuple[list[str], str]:
    """Run the graph test; return the names of the tests that fail, and what was printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-k", "not is_a_plot", "tests/pipeline/test_graph.py"],  # that needs a run
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return re.findall(r"^FAILED \S*::(\S+)", result.stdout, re.MULTILINE), result.stdout


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
            ("from pydantic import", "from stages import progress\nfrom pydantic import"),
            "test_code_deps_are_the_imported_modules[evaluate]",
            "- stages/progress.py",
            id="an import is added",
        ),
    ],
)
def test_one_difference_fails_one_test(
    file: str, change: tuple[str, str], test: str, remedy: str, copied: Path
) -> None:
    text = (copied / file).read_text("utf-8")
    assert change[0] in text
    (copied / file).write_text(text.replace(*change, 1), "utf-8")
    failed, printed = failures(copied)
    assert failed == [test], printed
    assert remedy in printed


def test_strays_in_the_folder_of_a_stage_are_named(copied: Path) -> None:
    module, template = Path("stages/sources/stray.py"), Path("stages/reporting/page/old.html")
    for path in (module, template):
        (copied / path).write_text('"""Nobody imports this."""\n', "utf-8")
    (copied / "stages/nets/cnn.py~").write_text("an editor's", "utf-8")  # as .dvcignore says
    failed, printed = failures(copied)
    assert failed == [
        "test_code_deps_are_the_imported_modules[download]",
        "test_code_deps_are_the_imported_modules[evaluate]",
        "test_every_module_is_used",
    ], printed
    for stage, path in (("download", module), ("evaluate", template)):
        assert f"{path}: in a folder of {stage}'s deps, and no module that it imports" in printed
    assert f"no command imports {module}: delete them" in printed
