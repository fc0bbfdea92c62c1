"""Code that can see its own source is found; what stages do today is let pass."""

from pathlib import Path

import pytest

from stages import sections
from tools.checking import dependencies
from tools.relocking.sight import Glimpse, seer, sights


def seen(text: str) -> list[str]:
    return [found.name for found in sights(text.encode())]


@pytest.mark.parametrize(
    "text",
    [
        "print(f.__doc__)",
        "print(__doc__)",
        'globals()["__doc__"]',
        'getattr(f, "__doc__")',
        '"{0.__doc__}".format(f)',
        "from inspect import getsource",
        "import linecache as l",
        "from traceback import format_exc",
        "from importlib import resources",
        "import pkgutil",
        "a = inspect.getsourcelines(f)",
        "inspect.getsourcefile(f)",
        "f.__code__.co_consts",
        "code.co_consts[0]",
        "frame.f_lineno",
        'logging.Formatter("%(lineno)d %(message)s")',
        "class A(B, use_attribute_docstrings=True): ...",
        'class A(B):\n    model_config = {"use_attribute_docstrings": True}',
        "A.model_json_schema()",
        "TypeAdapter(A).json_schema()",
        "@torch.jit.script\ndef f(x): ...",
        "from torch.jit import script",
        "class A(nn.Module):\n    @torch.jit.script_method\n    def f(self): ...",
        'getattr(torch.jit, "script")',
        "md5(Path(__file__).read_bytes())",
        "open(__file__)",
        "here = __file__",
        "sys.modules[__name__].__file__",
        'getattr(module, "__file__")',
        'Path(__file__).with_name("blocks.py").read_text()',
        'Path(__file__).with_suffix(".py")',
        'Path(__file__).parent / "blocks.py"',
        'Path(__file__).parent / ".." / "a.html"',
        'Path(__file__).parent.glob("*")',
        "os.listdir(Path(__file__).parent)",
        "Path(__file__).with_name(name)",
        "Path(__file__).parents[1]",
        'Path("stages/nets").iterdir()',
        'open("stages/nets/blocks.py")',
    ],
)
def test_code_that_sees_source_is_found(text: str) -> None:
    assert seen(text)


@pytest.mark.parametrize(
    "text",
    [
        '"""Of __doc__ and lineno."""\n',
        'def f():\n    """Return __doc__ of stages/a.py."""\n',
        'FONT = Path(__file__).with_name("lettering.ttf")',
        'PAGE = Path(__file__).with_suffix(".html").read_text()',
        'PAGE = Path(__file__).parent / "page.html"',
        "environment(Path(__file__).parent)",
        "FileSystemLoader([*folders, Path(__file__).parent])",
        "torch.jit.trace(network, examples)",
        "from stages.pages import script",
        "for script in scripts: print(script.stem)",
        'raise UserError("params.yaml: see stages/nets/custom.py for more")',
    ],
)
def test_templates_and_words_are_let_pass(text: str) -> None:
    assert seen(text) == []


def test_what_sees_is_named_with_its_function() -> None:
    text = "class Net:\n    def f(self):\n        return self.__doc__\n"
    assert [*sights(text.encode())] == [Glimpse("Net", "__doc__")]


@pytest.mark.parametrize("stage", sections.stage_names())
def test_stages_see_nothing_today(stage: str) -> None:
    code = [
        path for path in dependencies.closure(Path(f"stages/{stage}.py")) if path.suffix == ".py"
    ]
    assert len(code) > 20
    assert {path: seer(path) for path in code if seer(path)} == {}


def test_what_is_known_is_known_of_one_function_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("stages/sections.py")
    path.parent.mkdir()
    known = 'def stage_names(folder=Path(__file__).parent):\n    folder.glob("*.py")\n'
    path.write_text(known, "utf-8")
    assert seer(path) is None
    path.write_text(known + 'names = Path().glob("*.py")\n', "utf-8")
    assert seer(path) == "*.py"
