"""Write what the parameter classes say into docs/parameters.md and params.yaml (comments)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from tools.params_yaml import section_class

PAGE, PARAMS = Path("docs/parameters.md"), Path("params.yaml")
HEAD = """\
# Parameters

All parameters stand in params.yaml, one section a stage, with the values that this page calls
default. Three ways to set one:

| | |
|---|---|
| for good | edit params.yaml, then `dvc repro` |
| to try it | `dvc exp run -S train.lr=0.001`, which writes params.yaml, too |
| many at once | a recipe: `reprise recipe mnist_cnn` ([recipes](recipes.md)) |

Only the stages that read a changed parameter, and those after them, run again. A mistake is
answered in one line, such as `params.yaml: train.lr must be greater than 0, is -1`. Words in
brackets, as (cnn), say with which choice a parameter counts; with others it is ignored. How to
write lists and patterns after `-S`:
[questions](faq.md#how-do-i-write-a-list-or-a-pattern-after--s).

`make docs` writes this page and the comments of params.yaml from the classes that check the
values.
"""
ABOUT = {
    "download": "Where images and labels come from: [your images](data.md).",
    "preprocess": "Splits, sizes and duplicates: [splits](splits.md), [your images](data.md).",
    "train": "Network, loss, optimizer, augmentation: [training](training.md).",
    "evaluate": "The scores on test, and what a model may leave open: "
    "[what comes out](metrics.md), [what a model does not know](abstaining.md).",
    "inspect": "What is wrong with the images: [inspecting](inspecting.md).",
    "export": "Files for other runtimes: [what comes out](metrics.md), [devices](devices.md).",
}
# Blank lines of params.yaml divide the section `train`; a part is known by its first parameter.
PARTS = {
    "seed": "Epochs and batches",
    "network": "Network and weights",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule, and which epoch is kept",
    "flip": "Augmentation",
    "precision": "Precision, processor, checkpoints, trackers",
}
TYPES: dict[object, str] = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
    NoneType: "null",
}
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def kind(annotation: object, metadata: Sequence[object] = ()) -> str:
    """Say in words which values a parameter of this type and these bounds takes."""
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return kind(parts[0], [part for item in parts[1:] for part in unfold(item)])
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, parts))
    if get_origin(annotation) in (Union, UnionType):
        return " | ".join(map(kind, parts))
    if get_origin(annotation) is tuple and parts[1:] == (Ellipsis,):
        return f"list: {kind(parts[0])}"
    if get_origin(annotation) is tuple:
        return f"list of {len(parts)}: {kind(parts[0])}"
    bounds = (
        f"{sign} {getattr(bound, name)}"
        for name, sign in SIGNS.items()
        for bound in metadata
        if getattr(bound, name, None) is not None
    )
    return " ".join([TYPES[annotation], " and ".join(bounds)]).strip()


def unfold(item: object) -> Sequence[object]:
    """Return the bounds that pydantic's Field holds, or the one bound that this is."""
    return item.metadata if isinstance(item, FieldInfo) else [item]


def comments(text: str) -> str:
    """Return params.yaml with every comment behind a parameter written anew."""
    lines, fields = [], dict[str, FieldInfo]()
    for line in text.splitlines():
        if head := re.match(r"(\w+):", line):
            fields = section_class(head[1]).model_fields
        if leaf := re.match(r"  (\w+): (.*?)\s*(?:#.*)?$", line):
            field = fields[leaf[1]]
            entry = f"  {leaf[1]}: {leaf[2]}"
            values = shorten(kind(field.annotation, field.metadata), 80, placeholder=" ...")
            lines.append(f"{entry:<22}  # {field.description} ({values})")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def page(params: Mapping[str, Mapping[str, object]], text: str) -> str:
    """Return the page of all parameters; `text` is params.yaml."""
    parts = [HEAD]
    for name, values in params.items():
        parts.append(f"## {name}\n\n{ABOUT[name]}\n")
        for keys in groups(text, name):
            title = [f"### {PARTS[keys[0]]}\n"] if name == "train" else []
            parts += [*title, table(name, {key: values[key] for key in keys})]
    return "\n".join(parts)


def groups(text: str, section: str) -> list[list[str]]:
    """Return the parameters of a section of params.yaml, as blank lines divide them."""
    body = re.split(r"(?m)^(\w+):\n", text)
    lines = body[body.index(section) + 1].strip("\n")
    return [re.findall(r"(?m)^  (\w+):", part) for part in re.split(r"\n\s*\n", lines)]


def table(section: str, values: Mapping[str, object]) -> str:
    """Return parameters of a section as a table in Markdown, narrow enough for a telephone."""
    rows = ["| parameter, default | what it does, and its values |", "|---|---|"]
    for key, value in values.items():
        field = section_class(section).model_fields[key]
        allowed = kind(field.annotation, field.metadata)
        cells = (
            f"`{section}.{key}`<br>`{default(value)}`",
            f"{field.description}<br>*{allowed}*",
        )
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def default(value: object) -> str:
    """Return a value as params.yaml has it."""
    if isinstance(value, list):
        return f"[{', '.join(map(default, value))}]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)


def main() -> None:
    """Bring both files up to date."""
    text = comments(PARAMS.read_text("utf-8"))
    PARAMS.write_text(text, "utf-8")
    PAGE.write_text(page(YAML(typ="safe").load(text), text), "utf-8")


if __name__ == "__main__":
    main()
