"""Take docs/report.png, which README shows: the head of the report, as Chromium draws it."""

import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image

REPORT, PICTURE = Path("metrics/evaluate/report.html"), Path("docs/report.png")
WINDOW, SHOWN = (1080, 1180), 900  # pixels: of the window, and the width of the picture
COLOURS = 128  # few suffice, and make it a third as large
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Take the picture.

    Raises:
        SystemExit: there is no Chromium here.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # of the extra dev

    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise SystemExit("docs/report.png is a picture by Chromium, and none is installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        size = {"width": WINDOW[0], "height": WINDOW[1]}
        page = browser.new_page(viewport=size, color_scheme="light")  # type: ignore[arg-type]
        page.goto(REPORT.resolve().as_uri())
        taken = page.screenshot()
        browser.close()
    picture = Image.open(BytesIO(taken)).convert("RGB")
    small = picture.resize(
        (SHOWN, SHOWN * picture.height // picture.width), Image.Resampling.LANCZOS
    )
    small.quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
