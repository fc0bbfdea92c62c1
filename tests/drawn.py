"""Reads drawings as a browser does: what stands where."""

from base64 import b64decode
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree as ET

from PIL import Image as Picture

SVG = "{http://www.w3.org/2000/svg}"


class Placed(NamedTuple):
    """A picture, and where its upper left corner is."""

    x: int
    y: int
    side: int
    picture: Picture.Image
    pixelated: bool


class Written(NamedTuple):
    """A line of text, and its room."""

    x: int
    y: int
    width: int
    text: str
    whole: str  # in its tip
    style: str


class Sheet:
    """A drawing that was parsed."""

    def __init__(self, svg: str) -> None:
        root = ET.fromstring(svg)  # noqa: S314  # our own
        self.size = int(root.attrib["width"]), int(root.attrib["height"])
        self.tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        self.images = [placed(element) for element in root.iter(f"{SVG}image")]
        self.lines = [written(element) for element in root.iterfind(f"{SVG}svg")]


def placed(element: ET.Element) -> Placed:
    said = element.attrib
    data = b64decode(said["href"].partition("base64,")[2])
    picture = Picture.open(BytesIO(data))
    x, y, side = (int(said[name]) for name in ("x", "y", "width"))
    return Placed(x, y, side, picture, "pixelated" in said.get("style", ""))


def written(element: ET.Element) -> Written:
    (text,) = element
    (tip,) = text
    x, y, width = (int(element.attrib[name]) for name in ("x", "y", "width"))
    return Written(x, y, width, tip.tail or "", tip.text or "", text.attrib["class"])
