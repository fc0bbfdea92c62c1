"""The run as one page that opens anywhere: no network, no other file."""

import json
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL.Image import Image

from reprise.escaping import printable
from stages.pictures import encode
from stages.reporting.composing.cards import cards, others
from stages.reporting.composing.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from stages.reporting.composing.content import Content
from stages.reporting.composing.figures import charts
from stages.reporting.composing.matrix import confused, matrix
from stages.reporting.illustrating.gallery import SIDE


def render(content: Content) -> str:
    """Return the page as HTML, with pictures, style and script in it.

    Template, its parts, style and script are the files page.* beside this module. All text is
    escaped, so that no name acts as code or turns the direction of the line.
    """
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"source": source, "written": written}
    return pages.get_template("page.html").render(
        content=content,
        cards=cards(content.scores),
        others=others(content.scores),
        charts=charts(content),
        matrix=matrix(content),
        confused=confused(content),
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT}
        | {"top": TOP, "bottom": BOTTOM},
    )


def shown(value: object) -> object:
    """Return what a template may put into the page; Jinja escapes it for HTML after that."""
    return printable(value) if type(value) is str else value  # a Markup is of a template


def written(value: object) -> str:
    """Return a parameter as params.yaml has it: null, true, text without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def source(image: Image) -> str:
    """Return a picture as the source of an HTML image; a shrunk photo as JPEG, a third of PNG."""
    kind = "JPEG" if max(image.size) >= SIDE else "PNG"
    return f"data:image/{kind.lower()};base64,{b64encode(encode(image, kind)).decode()}"
