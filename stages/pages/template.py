"""Fill in templates as one HTML file that needs no network and no other file.

Frame, style and script of all pages are the files template.* beside this module.
"""

import json
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL.Image import Image

from reprise.escaping import printable
from stages.pictures import encode

SIDE = 96  # pixels of a tile; larger images are shrunk to it
ENDING = 28  # letters of a name that fit below a tile, in three lines


def environment(*folders: Path) -> Environment:
    """Return what fills in the templates of these folders.

    All text is escaped, so that no name acts as code or changes the direction of the text.
    """
    pages = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"source": source, "written": written, "tail": tail}
    return pages


def shown(value: object) -> object:
    """Escape control characters in text; Jinja escapes it for HTML after that."""
    return printable(value) if type(value) is str else value  # not Markup, which is of a template


def tail(name: str) -> str:
    """Return a name, or of a long one the end, which tells files apart."""
    return name if len(name) <= ENDING else f"…{name[1 - ENDING :]}"


def written(value: object) -> str:
    """Return a parameter as YAML writes it: null, true, text without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def source(image: Image) -> str:
    """Return a picture as a data URL; large ones as JPEG, which is a third of PNG."""
    kind = "JPEG" if max(image.size) >= SIDE else "PNG"
    return f"data:image/{kind.lower()};base64,{b64encode(encode(image, kind)).decode()}"
