"""Write a page for DVC's plots that opens without a network: `make plots` fills it in.

DVC's own page loads Vega, which draws the plots, from a server.
"""

import argparse
from pathlib import Path

import vl_convert

from stages import errors

VEGA_LITE = "5.8"  # of those in the package, the nearest to the 5.2 that DVC's page asks for


def page() -> str:
    """Return the template offline.html with Vega in it; DVC puts the plots into {plot_divs}."""
    template = Path(__file__).with_suffix(".html").read_text("utf-8")
    vega = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return template.replace("{bundle}", vega)


def main() -> None:
    """Write the page to a file, for `dvc plots show --html-template FILE`, or `diff`."""
    parser = argparse.ArgumentParser(prog="offline", description="Write a page for DVC's plots.")
    parser.add_argument("path", type=Path, help="file to write")
    path = parser.parse_args().path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), "utf-8")


if __name__ == "__main__":
    errors.run(main)
