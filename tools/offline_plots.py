"""Make the page of DVC's plots, as one that opens without a network: `make plots`.

DVC's own page loads Vega, which draws the plots, from a server, and puts the names of classes and
revisions into it as they are; here no name can end the script in which it stands.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import vl_convert
from dvc_render.image import ImageRenderer  # type: ignore[import-untyped]
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]

from reprise.escaping import printable, script
from stages import errors

VEGA_LITE = "5.8"  # of those in the package, the nearest to the 5.2 that DVC's page asks for


def page() -> str:
    """Return the template offline.html with Vega in it; DVC puts the plots into {plot_divs}."""
    template = Path(__file__).with_suffix(".html").read_text("utf-8")
    vega = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return template.replace("{bundle}", vega)


@contextmanager
def escaping() -> Iterator[None]:
    """Have DVC escape what it puts into a page: the JSON of a plot, the heads of pictures."""
    pictures = ImageRenderer.partial_html

    def plot(renderer: VegaRenderer, **_: object) -> str:
        return script(renderer.get_filled_template())

    def picture(renderer: ImageRenderer, **given: object) -> str:
        head = renderer.TITLE_FIELD
        named = [
            {**point, head: escape(printable(str(point[head])))} for point in renderer.datapoints
        ]
        with patch.object(renderer, "datapoints", named):
            html: str = pictures(renderer, **given)
        return html

    with (
        patch.object(VegaRenderer, "partial_html", plot),
        patch.object(ImageRenderer, "partial_html", picture),
    ):
        yield


def main() -> None:
    """Do what `dvc plots show`, or `diff` of revisions, does, with this page."""
    parser = argparse.ArgumentParser(prog="plots", description="Make the page of DVC's plots.")
    parser.add_argument("revisions", nargs="*", help="Git revisions, experiments, or workspace")
    parser.add_argument("--out", default="dvc_plots", help="folder of the page")
    given = parser.parse_args()
    from dvc.cli import main as dvc  # noqa: PLC0415  # takes a second

    with TemporaryDirectory() as folder, escaping():
        template = Path(folder) / "page.html"
        template.write_text(page(), "utf-8")
        options = ["--html-template", str(template), "--out", given.out]
        command = (
            ["diff", *options, "--", *given.revisions] if given.revisions else ["show", *options]
        )
        code = dvc(["plots", *command])
    sys.exit(code)


if __name__ == "__main__":
    errors.run(main)
