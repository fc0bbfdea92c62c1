"""Write docs/api.md from the signatures and docstrings of what `reprise` offers to programs.

It reads the source and imports nothing. mkdocstrings would do it for the site alone, with a dozen
packages; this page stands in the repository, too.
"""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from textwrap import indent

PAGE = Path("docs/api.md")
HEAD = """\
# In Python

What programs can rely on: a classifier that is asked, and what it answers. It needs ONNX Runtime,
NumPy and Pillow (`pip install .` in a clone), no PyTorch and no DVC. [From a model to an
answer](predicting.md) shows it at work.

```python
from reprise import Classifier

classifier = Classifier("models/export/model.onnx")
answer = classifier("cat.jpg")
print(answer.answer, answer.probability)
```

`make docs` writes this page from the code.
"""
# What is shown, by the module that has it, in this order.
SHOWN = {
    "reprise/onnx_classifier.py": ["Classifier"],
    "reprise/given.py": ["PictureError"],
    "reprise/classification.py": ["Classification", "Classifications"],
    "reprise/explanation.py": ["Explanation"],
    "reprise/model.py": ["ModelError"],
    "reprise/decoding.py": ["decode"],
    "reprise/resizing.py": ["fit"],
    "reprise/spec.py": ["InputSpec"],
}
SPECIAL = {"__init__", "__call__"}  # that a user writes, if not by this name
Function = ast.FunctionDef


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for module, names in SHOWN.items():
        source = Path(module).read_text("utf-8")
        tree = {node.name: node for node in ast.parse(source).body
                if isinstance(node, ast.ClassDef | Function)}  # fmt: skip
        for name in names:
            node = tree[name]
            shown = Path(module).with_suffix("").as_posix().replace("/", ".")
            parts.append(f"## {name}\n\n`{shown}.{name}`\n")
            parts += _class(node, source) if isinstance(node, ast.ClassDef) else _call(node, name)
    return "\n".join(parts)


def _class(node: ast.ClassDef, source: str) -> Iterator[str]:
    yield prose(ast.get_docstring(node) or "")
    if fields := [one for one in node.body if isinstance(one, ast.AnnAssign)]:
        yield "\n".join(["| field | type | |", "|---|---|---|", *_rows(fields, source), ""])
    for one in node.body:
        if not isinstance(one, Function) or _is_hidden(one):
            continue
        marks = {mark.id for mark in one.decorator_list if isinstance(mark, ast.Name)}
        if "property" in marks:
            yield f"### {node.name}.{one.name}\n\n`{_type(one.returns)}`\n"
            yield prose(ast.get_docstring(one) or "")
        else:
            called = {"__init__": node.name, "__call__": node.name.lower()}
            title = called.get(one.name, f"{node.name}.{one.name}")
            yield f"### {title}{'()' if one.name in SPECIAL else ''}\n"
            yield from _call(one, title)


def _is_hidden(one: Function) -> bool:
    marks = {mark.id for mark in one.decorator_list if isinstance(mark, ast.Name)}
    undocumented = ast.get_docstring(one) is None
    return (
        "overload" in marks
        or undocumented
        or (one.name.startswith("_") and one.name not in SPECIAL)
    )


def _rows(fields: list[ast.AnnAssign], source: str) -> Iterator[str]:
    lines = source.splitlines()
    for one in fields:
        comment = lines[one.lineno - 1].partition("  # ")[2]
        type_ = _type(one.annotation).replace("|", r"\|")
        yield f"| `{ast.unparse(one.target)}` | `{type_}` | {comment} |"


def _call(one: Function, title: str) -> Iterator[str]:
    taken = [part for part in _arguments(one.args) if part not in {"self", "cls"}]
    given = f" -> {_type(one.returns)}" if one.name != "__init__" else ""
    line = f"{title}({', '.join(taken)}){given}"
    if len(line) > 88:
        line = f"{title}(\n" + indent(",\n".join(taken), "    ") + f",\n){given}"
    yield f"```python\n{line}\n```\n"
    yield prose(ast.get_docstring(one) or "")


def _arguments(args: ast.arguments) -> Iterator[str]:
    plain = [*args.posonlyargs, *args.args]
    missing = len(plain) - len(args.defaults)
    for place, one in enumerate(plain):
        yield _argument(one, args.defaults[place - missing] if place >= missing else None)
    if args.kwonlyargs:
        yield "*"
    for one, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield _argument(one, default)


def _argument(one: ast.arg, default: ast.expr | None) -> str:
    type_ = f": {_type(one.annotation)}" if one.annotation else ""
    return f"{one.arg}{type_}" + (f" = {ast.unparse(default)}" if default else "")


def _type(annotation: ast.expr | None) -> str:
    return ast.unparse(annotation).strip("'\"") if annotation else "None"


def prose(docstring: str) -> str:
    """Return a docstring of Google's style as Markdown."""
    text, _, raises = cleandoc(docstring).partition("\nRaises:\n")
    rows = re.findall(r"(?m)^    (\w[\w, ]*): ((?:.|\n(?!    \w[\w, ]*: ))*)", raises)
    listed = [f"- raises `{name}`: {' '.join(why.split())}" for name, why in rows]
    return "\n".join([text.strip(), *([""] if listed else []), *listed, ""])


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
