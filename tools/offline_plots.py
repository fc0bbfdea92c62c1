"""Write the page of `dvc plots` so that it opens without a network: `reprise plots`.

DVC's own page loads Vega, which draws the plots, from a server, and does not escape the names of
classes and revisions; here Vega is in the page, and no name can end the script in which it stands.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from dvc_render.image import ImageRenderer  # type: ignore[import-untyped]
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]

from reprise.escaping import printable, script
from reprise.tool_parsers import parser
from stages import errors, installing

FOLDER = "dvc_plots"
VEGA_LITE = "5.8"  # the version in vl_convert nearest to the 5.2 that DVC's page loads


def page() -> str:
    """Return the template offline.html with Vega in it; DVC puts the plots into {plot_divs}."""
    import vl_convert  # noqa: PLC0415  # of an extra

    template = Path(__file__).with_suffix(".html").read_text("utf-8")
    vega = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return template.replace("{bundle}", vega)


@contextmanager
def escaping() -> Iterator[None]:
    """Make DVC escape what it puts into a page: the JSON of plots, the titles of pictures."""
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


def run(revisions: Sequence[str], out: str) -> int:
    """Run `dvc plots show`, or `diff` of revisions, with this page; return its exit code."""
    from dvc.cli import main as dvc  # noqa: PLC0415  # takes a second

    with TemporaryDirectory() as folder, escaping():
        template = Path(folder) / "page.html"
        template.write_text(page(), "utf-8", newline="\n")
        options = ["--html-template", str(template), "--out", out]
        command = ["diff", *options, "--", *revisions] if revisions else ["show", *options]
        code: int = dvc(["plots", *command])
    return code


def main() -> None:
    """Write the page; the exit code is that of `dvc plots`."""
    given = parser("plots", __doc__).read()
    installing.require("vl_convert", "plots", "reprise plots")
    sys.exit(run(given.revisions, str(given.out or FOLDER)))


if __name__ == "__main__":
    errors.run(main)
