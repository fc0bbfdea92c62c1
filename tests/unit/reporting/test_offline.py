import re
import sys
from pathlib import Path

import pytest
from dvc_render.html import HTML  # type: ignore[import-untyped]
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]

from stages.reporting import offline


def test_dvc_fills_in_its_plots_and_nothing_is_loaded() -> None:
    datapoints = [{"x": 0, "y": 1, "rev": "main"}]
    plot = VegaRenderer(datapoints, "plot", template="simple", x="x", y="y")
    made = HTML(offline.page()).with_scripts(plot.SCRIPTS).with_element(plot.generate_html())
    html = made.embed()
    head, _, body = html.rpartition("<body>")
    assert body.count("vegaEmbed('#plot', spec)") == 1
    assert "window.vegaEmbed=" in head
    assert not re.search(r"<(script|link)[^>]*\b(src|href)=", html)
    assert "{scripts}" not in html
    assert "{bundle}" not in html
    assert head.count("</script>") == 1  # one in Vega would end Vega
    assert "<!--" not in head


def test_the_page_is_written_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "page.html"
    monkeypatch.setattr(sys, "argv", ["offline", str(path)])
    offline.main()
    assert path.read_text("utf-8").count("{plot_divs}") == 1
