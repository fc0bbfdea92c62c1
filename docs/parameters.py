"""Write what the parameter classes say into README.md (a table) and params.yaml (comments)."""

import re
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from stages.params import Params

README, PARAMS = Path("README.md"), Path("params.yaml")
TABLE = re.compile(r"(?<=<!-- parameters -->\n).*(?=<!-- end of parameters -->)", re.DOTALL)
TYPES = {int: "integer", float: "number", str: "text", bool: "true or false"}
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def section(name: str) -> type[Params]:
    """Return the class of a section."""
    cls: type[Params] = getattr(import_module(f"stages.{name}"), name.capitalize())
    return cls


def kind(field: FieldInfo) -> str:
    """Say in words which values a parameter takes."""
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(str(choice) for choice in get_args(annotation))
    bounds = (
        f"{sign} {getattr(bound, name)}"
        for name, sign in SIGNS.items()
        for bound in field.metadata
        if getattr(bound, name, None) is not None
    )
    return ", ".join([TYPES.get(annotation, str(annotation)), *bounds])  # type: ignore[arg-type]


def comments(text: str) -> str:
    """Return params.yaml with every comment behind a parameter written anew."""
    lines, fields = [], dict[str, FieldInfo]()
    for line in text.splitlines():
        if head := re.match(r"(\w+):", line):
            fields = section(head[1]).model_fields
        if leaf := re.match(r"  (\w+): (.*?)\s*(?:#.*)?$", line):
            field = fields[leaf[1]]
            entry = f"  {leaf[1]}: {leaf[2]}"
            lines.append(f"{entry:<22}  # {field.description}; {kind(field)}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def table(params: dict[str, dict[str, object]]) -> str:
    """Return the parameters as a table in Markdown."""
    rows = ["| parameter | default | meaning | values |", "|---|---|---|---|"]
    for name, values in params.items():
        for key, value in values.items():
            field = section(name).model_fields[key]
            cells = f"`{name}.{key}`", f"`{value}`", field.description, kind(field)
            rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Bring both files up to date."""
    PARAMS.write_text(comments(PARAMS.read_text("utf-8")), "utf-8")
    params = YAML(typ="safe").load(PARAMS)
    README.write_text(TABLE.sub(table(params), README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
