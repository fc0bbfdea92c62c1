"""Compare two versions of a Python module by their syntax trees, without docstrings.

Comments, blank lines, indentation, parentheses that change nothing, quotes and the spelling of
numbers are in no syntax tree. Annotations are, and count: pydantic and jaxtyping read them when a
stage runs; so do types in comments, which PyTorch may read. Order counts, of imports, too.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator

DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def differing(old: bytes, new: bytes) -> list[str]:
    """Return the functions and classes that differ, by name; empty if both texts say the same.

    Raises:
        SyntaxError: one of them is no Python.
    """
    before, after = bare(old), bare(new)
    if ast.dump(before) == ast.dump(after):
        return []
    return [*_named(before, after)] or ["lines outside of functions"]


def bare(text: bytes) -> ast.Module:
    """Return the syntax tree of a module without docstrings.

    Raises:
        SyntaxError: it is no Python, or has a comment of a type where none can be.
    """
    try:
        tree = ast.parse(text, type_comments=True)
    except SyntaxError:
        ast.parse(text)
        raise SyntaxError("`# type:` begins a comment, and no type follows") from None
    tree.type_ignores = []  # with line numbers
    for node in ast.walk(tree):
        if isinstance(node, Documented) and _has_docstring(node):
            del node.body[0]
    return tree


def _has_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _named(before: ast.Module | ast.ClassDef, after: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Yield the names of definitions that differ; of a class, those of its methods, if any do."""
    old, new = _definitions(before), _definitions(after)
    for name in dict.fromkeys([*old, *new]):
        pair = old.get(name, []), new.get(name, [])
        if [*map(ast.dump, pair[0])] == [*map(ast.dump, pair[1])]:
            continue
        one, other = (found[0] if len(found) == 1 else None for found in pair)
        if isinstance(one, ast.ClassDef) and isinstance(other, ast.ClassDef):
            methods = [f"{name}.{method}" for method in _named(one, other)]
            yield from methods or [name]
        else:
            yield name


def _definitions(node: ast.Module | ast.ClassDef) -> dict[str, list[ast.stmt]]:
    """Return functions and classes by name, of which there may be several, as of overloads."""
    found = defaultdict[str, list[ast.stmt]](list)
    for part in node.body:
        if isinstance(part, DEFINITIONS):
            found[part.name].append(part)
    return found
