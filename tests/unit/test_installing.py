"""Where only what a user needs is installed, each command works, or says what it needs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reprise.command_table import COMMANDS
from stages import installing
from stages.errors import UserError
from tools import find_lr, offline_plots, search

# Packages that come with extras other than `pipeline` and `serve`.
ABSENT = (
    "ai_edge_litert", "coremltools", "distributed", "dvc_gs", "dvc_s3", "dvc_ssh",
    "huggingface_hub", "matplotlib", "mlflow", "openvino", "optuna", "optuna_dashboard",
    "pillow_heif", "psycopg", "pytest", "timm", "vl_convert", "wandb", "zensical",
)  # fmt: skip
IMPORT = """
import importlib, sys
class Absent:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
for name in {modules}:
    importlib.import_module(name)
"""


def test_commands_and_stages_need_no_extra_to_begin() -> None:
    stages = [f"stages.{one}" for one in
              ("download", "preprocess", "train", "evaluate", "inspect", "export")]  # fmt: skip
    modules = [*{command.module for command in COMMANDS.values()}, *stages]
    code = IMPORT.format(absent=ABSENT, modules=modules)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("main", "package", "extra", "words"),
    [
        (search.main, "optuna", "search", ["search", "run"]),
        (search.main, "optuna", "search", ["search", "apply"]),
        (search.main, "optuna", "search", ["search", "board"]),
        (offline_plots.main, "vl_convert", "plots", ["plots"]),
        (find_lr.main, "matplotlib", "plots", ["find-lr"]),
    ],
)
def test_a_command_names_the_extra_that_it_lacks(
    main: Callable[[], None],
    package: str,
    extra: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "argv", words)
    told = rf"^reprise .* needs the package {package}; `make install EXTRAS={extra}`, or `pip "
    with pytest.raises(UserError, match=told):
        main()


def test_what_is_installed_is_taken() -> None:
    installing.require("numpy", "pipeline", "this")


def test_a_folder_of_the_name_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nosuchpackage").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"^this needs the package nosuchpackage; "):
        installing.require("nosuchpackage", "search", "this")
