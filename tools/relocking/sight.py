"""Find code that can see its own source, docstrings or lines: to it, a comment may be a change.

Found are names, and names within texts, as of `getattr(net, "__doc__")` or a logger's "%(lineno)d".
`__file__` may lead to a template beside the module, and to nothing else.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

NAMES = {
    "__doc__", "__code__", "__loader__", "__spec__", "__path__", "__cached__", "getdoc",
    "cleandoc", "getcomments", "getfile", "getabsfile", "findsource", "getblock", "getframeinfo",
    "getouterframes", "getinnerframes", "get_source", "use_attribute_docstrings", "json_schema",
    "model_json_schema", "models_json_schema", "schema_json",
}  # fmt: skip
LIKE = re.compile(r"getsource\w*|co_[a-z]\w*|(f|tb|end|co_first)?_?lineno")
# PyTorch compiles from source what is given to these, with its comments of types, and saves it.
SCRIPT = re.compile(r"script(_\w+)?")
MODULES = {
    "cloudpickle", "dill", "dis", "doctest", "importlib.resources", "linecache", "marshal",
    "pkgutil", "pydoc", "runpy", "symtable", "tokenize", "traceback",
}  # fmt: skip
PYTHON = re.compile(r"\S*\.py[ci]?|(stages|tools)(/\S*)?|reprise/\S*")  # files and folders of it
BESIDE = {"with_name", "with_suffix"}  # methods that lead to a file beside the module
LOADERS = {"environment", "FileSystemLoader"}  # of templates, by their folder
SUFFIXED = re.compile(r"[\w-]*\.\w+")


class Glimpse(NamedTuple):
    """A name by which code may see source."""

    function: str  # the outermost one that holds it; empty outside of functions
    name: str


# What sees source today, by module and function: it goes to messages, to the names of unfinished
# trainings and into no output.
KNOWN = {
    "stages/environment.py": {Glimpse("is_locked", "stages")},
    "stages/imaging/worker.py": {
        Glimpse("_code_digest", name) for name in ("__file__", "stages", "/**/*.py")
    },
    "stages/nets/network.py": {Glimpse("build", "stages/nets/custom.py")},
    "stages/sections.py": {Glimpse("stage_names", name) for name in ("__file__", "*.py")},
    "stages/training/checkpoint.py": {Glimpse("_code", "__file__")},
}


def seer(path: Path) -> str | None:
    """Return a name by which a module may see source, docstrings or lines, None if it sees none.

    Raises:
        SyntaxError: it is no Python.
    """
    known = KNOWN.get(path.as_posix(), set[Glimpse]())
    return next((found.name for found in sights(path.read_bytes()) if found not in known), None)


@cache  # stages share most of their modules
def sights(text: bytes) -> tuple[Glimpse, ...]:
    """Return what in a module may see source, docstrings or lines."""
    tree = ast.parse(text)
    blind = {id(found) for node in ast.walk(tree) for found in (*_templates(node), *_docs(node))}
    return tuple(
        Glimpse(getattr(part, "name", ""), name)
        for part in tree.body
        for node in ast.walk(part)
        if id(node) not in blind
        for name in _seeing(node)
    )


def _seeing(node: ast.AST) -> Iterator[str]:
    """Yield the names of a node that see source."""
    match node:
        case ast.Constant(value=str(text)):
            yield from filter(_sees, re.findall(r"\w+", text))
            if PYTHON.fullmatch(text) or text == "script":
                yield text
        case ast.Attribute(attr=name) if SCRIPT.fullmatch(name):
            yield name
        case ast.ImportFrom(module=module, names=names):
            yield from _imported([module or "", *(f"{module}.{one.name}" for one in names)])
        case ast.Import(names=names):
            yield from _imported([one.name for one in names])
    yield from filter(_sees, _names(node))


def _names(node: ast.AST) -> list[str]:
    """Return what a node uses or defines, by its name."""
    found = (getattr(node, kind, None) for kind in ("id", "attr", "name", "arg"))
    return [name for name in found if isinstance(name, str)]


def _sees(name: str) -> bool:
    return name in NAMES or name == "__file__" or LIKE.fullmatch(name) is not None


def _imported(names: list[str]) -> Iterator[str]:
    """Yield the modules among those imported that read source, and what scripts."""
    for name in names:
        parts = name.split(".")
        if name in MODULES or parts[0] in MODULES:
            yield name
        elif parts[0] == "torch" and SCRIPT.fullmatch(parts[-1]):
            yield parts[-1]


def _templates(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the `__file__` by which a node leads to a template, or to a folder of them."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=start, attr=name), args=[ast.Constant(value=str(to))]
        ):
            if name in BESIDE and SUFFIXED.fullmatch(to):
                yield from _own(start)
        case ast.BinOp(left=start, op=ast.Div(), right=ast.Constant(value=str(to))):
            if SUFFIXED.fullmatch(to):
                yield from _folder(start)
        case ast.Call(func=ast.Name(id=name), args=[one]) if name in LOADERS:
            for start in one.elts if isinstance(one, ast.List) else [one]:
                yield from _folder(start)


def _folder(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        yield from _own(node.value)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Name(id="__file__") as found]):
            yield found


def _docs(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the docstring of a node."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
        yield from ast.iter_child_nodes(node.body[0])
