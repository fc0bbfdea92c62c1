"""The modules that a stage imports, in folders made for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.checking import dependencies

DOCSTRING = '"""A package."""\n'
PACKAGES = dict.fromkeys(["stages/__init__.py", "stages/nets/__init__.py"], DOCSTRING)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    forget()
    yield
    forget()  # the next test may be about the modules of this repository


def forget() -> None:
    for cached in (dependencies.tree, dependencies.closure, dependencies.needs):
        cached.cache_clear()


def closure(**texts: str) -> set[str]:
    """Write modules, and return those that stages/a.py imports, without itself."""
    for path, text in {**PACKAGES, **texts}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, "utf-8")
    found = dependencies.closure(Path("stages/a.py"))
    return {path.as_posix() for path in found} - {"stages/a.py"}


@pytest.mark.parametrize(
    "line",
    [
        "from stages.nets.b import B",
        "from stages.nets import b",
        "import stages.nets.b",
        "from .nets.b import B",
        "from .nets import b",
        "def f():\n    from .nets import b",
    ],
)
def test_a_module_is_found_by_any_import(line: str) -> None:
    assert closure(**{"stages/a.py": line, "stages/nets/b.py": "B = 1"}) == {"stages/nets/b.py"}


@pytest.mark.parametrize("line", ["from .c import C", "from . import c", "from ..nets import c"])
def test_dots_are_counted_from_the_module_that_has_them(line: str) -> None:
    texts = {"stages/a.py": "from stages.nets import b", "stages/nets/b.py": line}
    found = closure(**texts, **{"stages/nets/c.py": "C = 1", "stages/c.py": "C = 2"})
    assert found == {"stages/nets/b.py", "stages/nets/c.py"}


@pytest.mark.parametrize("line", ["from ... import x", "from ....y import x", "import os.path"])
def test_what_is_not_ours_is_left_out(line: str) -> None:
    assert closure(**{"stages/a.py": line}) == set()


def test_modules_that_import_each_other_end() -> None:
    texts = {"stages/a.py": "from . import b", "stages/b.py": "from . import a"}
    assert closure(**texts) == {"stages/b.py"}


def test_a_package_counts_where_it_holds_code() -> None:
    texts = {"stages/a.py": "from stages.nets import b", "stages/nets/b.py": "B = 1"}
    assert "stages/nets/__init__.py" not in closure(**texts)
    forget()
    code = {"stages/nets/__init__.py": DOCSTRING + 'print("hi")\n'}
    assert closure(**texts, **code) == {"stages/nets/b.py", "stages/nets/__init__.py"}


def test_a_package_brings_what_it_imports_at_once() -> None:
    code = """\
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from stages import typed
try:
    from stages import tried
except ImportError:
    pass
class Held:
    from stages import held
def __getattr__(name):
    from stages import later
"""
    modules = {f"stages/{name}.py": "A = 1" for name in ("typed", "tried", "held", "later")}
    found = closure(**{"stages/a.py": "", "stages/__init__.py": code}, **modules)
    assert found == {"stages/__init__.py", "stages/tried.py", "stages/held.py"}


def test_a_name_that_a_package_defines_brings_all_that_it_imports() -> None:
    code = "def __getattr__(name):\n    from stages.nets import later\n    return later\n"
    texts = {"stages/a.py": "from stages.nets import Net", "stages/nets/later.py": ""}
    found = closure(**texts, **{"stages/nets/__init__.py": code})
    assert found == {"stages/nets/__init__.py", "stages/nets/later.py"}
