"""Write what the parameter classes say into README.md (a table) and params.yaml (comments)."""

import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from tools.params_yaml import section_class

README, PARAMS = Path("README.md"), Path("params.yaml")
TABLE = re.compile(r"(?<=<!-- parameters -->\n).*(?=<!-- end of parameters -->)", re.DOTALL)
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


def table(params: dict[str, dict[str, object]]) -> str:
    """Return the parameters as a table in Markdown."""
    rows = ["| parameter | default | meaning | values |", "|---|---|---|---|"]
    for name, values in params.items():
        for key, value in values.items():
            field = section_class(name).model_fields[key]
            cells = (
                f"`{name}.{key}`",
                f"`{'null' if value is None else value}`",
                field.description,
                kind(field.annotation, field.metadata),
            )
            rows.append("| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Bring both files up to date."""
    PARAMS.write_text(comments(PARAMS.read_text("utf-8")), "utf-8")
    params = YAML(typ="safe").load(PARAMS)
    README.write_text(TABLE.sub(table(params), README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
