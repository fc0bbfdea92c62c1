import re
from functools import cache

import pytest
from dvc_render.html import HTML  # type: ignore[import-untyped]
from dvc_render.image import ImageRenderer  # type: ignore[import-untyped]
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]

from tools import offline_plots

HOSTILE = [
    "]]></svg><script>alert(6)</script>",
    "</SCRIPT><img src=x onerror=alert(1)>",
    "<!--<script>",
    "\u2028alert(1)",
    "{scripts}{bundle}",
]


page = cache(offline_plots.page)  # it takes a second to write Vega out


@cache
def filled(name: str) -> str:
    """Return the page of a plot and a picture, whose data and revision bear a name."""
    points = [{"x": 0, "y": 1, "class": name, "rev": name}]
    plot = VegaRenderer(points, "plot", template="simple", x="x", y="y")
    picture = ImageRenderer([{"rev": name, "src": "data:image;base64,"}], "a.png")
    with offline_plots.escaping():
        document = HTML(page()).with_scripts(plot.SCRIPTS)
        for part in (plot, picture):
            document.with_element(part.generate_html())
        html: str = document.embed()
    return html


def test_dvc_fills_in_its_plots_and_nothing_is_loaded() -> None:
    html = filled("main")
    head, _, body = html.rpartition("<body>")
    assert body.count("vegaEmbed('#plot', spec)") == 1
    assert "window.vegaEmbed=" in head
    assert not re.search(r"<(script|link)[^>]*\b(src|href)=", html)
    assert "{scripts}" not in html
    assert "{bundle}" not in html
    assert head.count("</script>") == 1  # one in Vega would end Vega
    assert "<!--" not in head


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_the_script_or_becomes_a_tag(name: str) -> None:
    _, _, plain = filled("main").rpartition("<body>")
    _, _, hostile = filled(name).rpartition("<body>")
    tags = re.compile(r"<[a-z/!][^>]*>", re.IGNORECASE)
    assert tags.findall(hostile) == tags.findall(plain)
    assert "\u2028" not in hostile


def test_afterwards_dvc_is_as_it_was() -> None:
    before = VegaRenderer.partial_html, ImageRenderer.partial_html
    with offline_plots.escaping():
        assert VegaRenderer.partial_html != before[0]
    assert (VegaRenderer.partial_html, ImageRenderer.partial_html) == before
