"""The code of a stage, by its imports, as dvc.yaml must name it."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path

from reprise.escaping import first_line
from stages.errors import UserError

PACKAGES = ("reprise", "stages", "tools")
CODE = tuple(f"{package}/" for package in PACKAGES)
IGNORED = ("__pycache__/*", "*.pyc", "*~", ".*")  # by .dvcignore, too
PACKAGE = "__init__.py"


def code_deps(name: str) -> list[str]:
    """Return the code of a stage: a folder where all in it is the stage's, elsewhere files."""
    needed = closure(Path(f"stages/{name}.py"))
    folders = [folder for folder in rooms() if files(folder) - packages(files(folder)) <= needed]
    within = {path for folder in folders for path in files(folder)}
    return sorted(path.as_posix() for path in [*folders, *(needed - within)])


def strays(name: str, deps: list[str]) -> list[str]:
    """Return the files among the deps of a stage that it does not import."""
    covered = {path for dep in deps for path in files(Path(dep))}
    return sorted(map(str, covered - closure(Path(f"stages/{name}.py")) - packages(covered)))


def rooms() -> list[Path]:
    """Return the topmost folders of modules."""
    return [path.parent for package in PACKAGES for path in Path(package).glob(f"*/{PACKAGE}")]


def files(dep: Path) -> set[Path]:
    """Return the files that a dep stands for, as DVC sees them."""
    found = {path for path in dep.rglob("*") if path.is_file()} if dep.is_dir() else {dep}
    return {path for path in found if seen(path)}


def seen(path: Path) -> bool:
    """Return whether DVC sees a file, for all that .dvcignore says."""
    return not any(map(path.match, IGNORED))


def packages(paths: set[Path]) -> set[Path]:
    """Return those of the files that make a folder a package."""
    return {path for path in paths if path.name == PACKAGE}


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module.

    Raises:
        UserError: it is no Python, as where a merge has left marks.
    """
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        raise UserError(f"{path}: {line}is no Python ({first_line(error)}); mend it") from error


@cache
def closure(path: Path) -> frozenset[Path]:
    """Return the module and every module of the project that it imports, directly or not.

    Files beside a module with its stem, such as a template, belong to it; so do the files of the
    packages around it, where they hold code: Python runs them first.
    """
    found, done, todo = set[Path](), set[Path](), {path}
    while todo:
        module = todo.pop()
        done.add(module)
        found |= {*filter(seen, module.parent.glob(f"{module.stem}.*")), *around(module)}
        todo |= needs(module) - done
    return frozenset(found)


@cache
def needs(path: Path) -> frozenset[Path]:
    """Return the modules of the project that a module imports, by its packages, too."""
    found = imported(path, ast.walk(tree(path)))
    return frozenset(
        found.union(*(imported(package, at_once(tree(package))) for package in around(path)))
    )


def around(path: Path) -> list[Path]:
    """Return the files of the packages of a module that hold more than a docstring."""
    folders = takewhile(lambda folder: folder.name, path.parents)
    found = (folder / PACKAGE for folder in folders if (folder / PACKAGE).exists())
    return [package for package in found if package != path and holds_code(package)]


def holds_code(path: Path) -> bool:
    """Return whether a module holds more than a docstring."""
    body = tree(path).body
    return len(body) > 1 or (bool(body) and ast.get_docstring(tree(path)) is None)


def at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: nothing in functions, or for type checkers."""
    for child in ast.iter_child_nodes(node):
        for_checkers = isinstance(child, ast.If) and ast.unparse(child.test).endswith(
            "TYPE_CHECKING"
        )
        if not (for_checkers or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield child
            yield from at_once(child)


def imported(path: Path, nodes: Iterable[ast.AST]) -> set[Path]:
    """Return the modules of the project that some nodes of a module import."""
    found = set[Path]()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            base = _base(path, node)
            found |= {_file(base / alias.name) or _file(base) or path for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {_file(Path(*alias.name.split("."))) or path for alias in node.names}
    return found - {path}


def _base(path: Path, node: ast.ImportFrom) -> Path:
    """Return what `from` names; a dot is the package of the module, two are the one around it."""
    around_it = Path(*path.parts[: -node.level]) if node.level else Path()
    return Path(around_it, *filter(None, (node.module or "").split(".")))


def _file(name: Path) -> Path | None:
    """Return the file of a module or package, None if it is not ours."""
    ours = name.parts[:1] in {(package,) for package in PACKAGES}
    files_ = (name / PACKAGE, name.parent / f"{name.name}.py")
    return next(filter(Path.exists, files_), None) if ours else None
