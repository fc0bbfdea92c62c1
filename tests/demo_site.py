"""Demos of linear models for tests of the page, served and opened, and pictures to give them."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import linear
import numpy as np
from browsing import Quiet, opened, runtime, served
from PIL import Image as Picture

from reprise import model
from reprise.demo.static_site import collect, describe, write
from reprise.metadata import Metadata
from reprise.rule import Rule
from reprise.spec import InputSpec

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CLASSES = ("\u732b", "<img src=x onerror=alert(1)>", "\u202egpj.exe")
GREY = linear.CARD._replace(
    classes=CLASSES,
    spec=InputSpec(8, 8, 1, "stretch", "bicubic"),
    rule=Rule(0.4, 0.3, -0.9, "coverage", 0.9, 0.1, 0.1),
)
COLOUR = linear.CARD._replace(input="float", temperature=0.5)


@contextmanager
def site(folder: Path, of: Metadata) -> Iterator[tuple[str, model.Model]]:
    """Serve the demo of a linear model; yield its address, and the same for the predictor."""
    path = linear.export(folder / "model.onnx", of)
    content = path.read_bytes()
    info = describe(of, content, "m")
    write(collect(content, info, runtime()), folder / "site")
    with served(functools.partial(Quiet, directory=str(folder / "site"))) as url:
        yield url, model.load(path, 1)


@contextmanager
def ready(browser: "Browser", url: str, **options: Any) -> Iterator["Page"]:  # noqa: ANN401
    """Open the demo, and cut it off the network when it is loaded."""
    with opened(browser, url, **options) as page:
        page.wait_for_selector("main:not([hidden])")
        page.context.set_offline(True)
        yield page


def encoded(picture: Picture.Image, form: str, **options: Any) -> bytes:  # noqa: ANN401
    made = BytesIO()
    picture.save(made, form, **options)
    return made.getvalue()


def samples() -> dict[str, bytes]:
    """Return pictures of all kinds that browsers and Pillow should agree about."""
    rng = np.random.default_rng(0)
    rgba = rng.integers(0, 256, (23, 31, 4), np.uint8)
    smooth = Picture.fromarray(rgba[:4, :5, :3]).resize((64, 48), Picture.Resampling.BICUBIC)
    turned = Picture.Exif()
    turned[0x0112] = 6
    opaque = rgba.copy()
    opaque[..., 3] = 0
    return {
        "rgb.png": encoded(Picture.fromarray(rgba[..., :3]), "PNG"),
        "grey.png": encoded(Picture.fromarray(rgba[..., 0]), "PNG"),
        "alpha.png": encoded(Picture.fromarray(rgba), "PNG"),
        "unused alpha.png": encoded(Picture.fromarray(opaque), "PNG"),
        "clear.png": encoded(Picture.new("RGBA", (9, 9)), "PNG"),
        "palette.gif": encoded(smooth.quantize(16), "GIF"),
        "wide.png": encoded(smooth.resize((300, 3)), "PNG"),
        "exact.png": encoded(smooth.resize((8, 8)), "PNG"),
        "turned.jpg": encoded(smooth, "JPEG", exif=turned),
        "lossless.webp": encoded(smooth, "WEBP", lossless=True),
    }
