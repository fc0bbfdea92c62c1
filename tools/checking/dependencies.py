"""The code of a stage, by its imports, as dvc.yaml must name it."""

import ast
from functools import cache
from pathlib import Path

from reprise.escaping import first_line
from stages.errors import UserError

PACKAGES = ("reprise", "stages", "tools")
CODE = tuple(f"{package}/" for package in PACKAGES)
IGNORED = ("__pycache__/*", "*.pyc", "*~", ".*")  # by .dvcignore, too


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
    return [path.parent for package in PACKAGES for path in Path(package).glob("*/__init__.py")]


def files(dep: Path) -> set[Path]:
    """Return the files that a dep stands for, as DVC sees them."""
    found = {path for path in dep.rglob("*") if path.is_file()} if dep.is_dir() else {dep}
    return {path for path in found if seen(path)}


def seen(path: Path) -> bool:
    """Return whether DVC sees a file, for all that .dvcignore says."""
    return not any(map(path.match, IGNORED))


def packages(paths: set[Path]) -> set[Path]:
    """Return those of the files that make a folder a package; they hold no code."""
    return {path for path in paths if path.name == "__init__.py"}


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

    Files beside a module with its stem, such as a template, belong to it.
    """
    found = set(filter(seen, path.parent.glob(f"{path.stem}.*")))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        targets = (Path(*name.split(".")).with_suffix(".py") for name in names if name)
        for target in targets:
            if target.parts[0] in PACKAGES and target.exists():
                found |= closure(target)
    return frozenset(found)
