"""A browser for tests of pages: Chromium without a window, which reaches this machine alone."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reprise.demo import web_runtime
from reprise.demo.web_runtime import Runtime, RuntimeFilesError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nobody answers for other names, so that what a page wants of the network fails at once.
OPTIONS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start the browser that is installed; skip the test where none is."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: `apt-get install chromium`")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: "Browser", url: str, **options: Any) -> Iterator["Page"]:  # noqa: ANN401  # playwright's
    """Open a page in a fresh profile, and expect that it asks nobody else and makes no error."""
    context = browser.new_context(**options)
    page, asked, wrong = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("console", lambda line: wrong.append(line.text) if "Content" in line.text else None)
    page.goto(url)
    try:
        yield page
    finally:
        context.close()
    assert not wrong
    assert not [one for one in asked if not one.startswith((url, "blob:"))]


def runtime() -> Runtime:
    """Return ONNX Runtime for browsers from the cache; skip the test where it is not there."""
    cache = web_runtime.cache()
    if not cache.is_dir():
        pytest.skip(
            f"no {cache}: `python -m reprise.demo.web_runtime` fetches it, which tests do not"
        )
    try:
        return web_runtime.find(cache)
    except RuntimeFilesError as error:
        pytest.fail(str(error))


def drawn(page: "Page", points: list[tuple[float, float]]) -> None:
    """Draw a line with the mouse; points are shares of the sheet's sides."""
    box = page.locator("#sheet").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def dropped(page: "Page", path: Path) -> None:
    """Drop a file on the page, as a hand would."""
    data = page.evaluate_handle(
        """([bytes, name]) => {
            const moved = new DataTransfer();
            moved.items.add(new File([Uint8Array.from(bytes)], name));
            return moved;
        }""",
        [list(path.read_bytes()), os.fsdecode(path.name)],
    )
    page.dispatch_event("#drop", "dragenter", {"dataTransfer": data})
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, *_: object) -> None:  # the name is the library's
        pass


@contextmanager
def served(handler: Any) -> Iterator[str]:  # noqa: ANN401  # a class, or what stands for one
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
