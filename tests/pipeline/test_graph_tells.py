"""The graph test names each way in which dvc.yaml and the code can part, once, with the remedy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("file", "change", "test", "remedy"),
    [
        pytest.param(
            "dvc.yaml",
            ("      - stages/training/loop.py\n", ""),
            "test_code_deps_are_the_imported_modules[train]",
            "dvc.yaml: train.deps, the code, must be",
            id="a dep of code is dropped",
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
    file: str, change: tuple[str, str], test: str, remedy: str, tmp_path: Path
) -> None:
    for name in ("reprise", "stages", "tools", "tests/pipeline"):
        shutil.copytree(name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", "pyproject.toml", "versions.yaml", "constraints.txt"):
        shutil.copy(name, tmp_path)
    shutil.copy("tests/conftest.py", tmp_path / "tests")
    text = (tmp_path / file).read_text("utf-8")
    assert change[0] in text
    (tmp_path / file).write_text(text.replace(*change, 1), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-k", "not is_a_plot", "tests/pipeline/test_graph.py"],  # that needs a run
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    failed = re.findall(r"^FAILED \S*::(\S+)", result.stdout, re.MULTILINE)
    assert failed == [test], result.stdout
    assert remedy in result.stdout
