"""The page in a real browser: without a server, against the predictor; and with one."""

import functools
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import numpy as np
import pytest
from browsing import Quiet, chromium, drawn, dropped, opened, served
from demo_site import COLOUR, GREY, ready, samples, site
from PIL import Image as Picture

from reprise.decoding import decode
from reprise.demo.static_site import PAGE
from reprise.metadata import Metadata
from reprise.resizing import fit
from reprise.spec import Channels, InputSpec, Interpolation, Resize

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ANSWER = """async ([bytes, url]) => {
    const { connect } = await import(url + "browser.js");
    window.asker ??= connect({ progress() {} });
    window.told ??= await window.asker.open();
    const blob = new Blob([Uint8Array.from(bytes)]);
    return window.asker.answer(blob).catch((error) => error.message);
}"""
FIT = """async ([cases, url]) => {
    const { fit } = await import(url + "resize.js");
    return JSON.parse(cases).map(([pixels, spec]) => {
        return [...fit({ ...pixels, data: Uint8Array.from(pixels.data) }, spec).data].join();
    });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the demo of a model of small grey pictures."""
    with site(tmp_path_factory.mktemp("grey"), GREY) as (url, _):
        yield url


@pytest.mark.parametrize("of", [GREY, COLOUR], ids=["grey", "colour"])
def test_without_a_server_answers_are_the_predictors(
    browser: "Browser", tmp_path: Path, of: Metadata
) -> None:
    with site(tmp_path, of) as (url, network), opened(browser, url) as page:
        page.evaluate(ANSWER, [[0], url])
        page.context.set_offline(True)
        for name, data in samples().items():
            found = page.evaluate(ANSWER, [list(data), url])
            expected = network.answers(fit(decode(data, of.spec.channels), of.spec)[None])
            shares = {one["class"]: one["probability"] for one in found["predictions"]}
            np.testing.assert_allclose(
                [shares[label] for label in of.classes], expected.probabilities[0], atol=1e-6,
                err_msg=name,
            )  # fmt: skip
            best = of.classes[expected.probabilities[0].argmax()]
            assert found["answer"] == (best if expected.answered[0] else None), name
            assert found["out_of_distribution"] == expected.ood[0], name
            members = {of.classes[label] for label in expected.sets[0].nonzero()[0]}
            assert found["set"] is None or {*found["set"]} == members, name
            assert (found["set"] is None) == (of.rule is None)


def test_resizing_is_pillows_to_the_last_bit(browser: "Browser") -> None:
    rng, cases, expected = np.random.default_rng(1), list[Any](), list[str]()
    kinds = [*product(get_args(Resize), get_args(Interpolation), get_args(Channels))] * 3
    for resize, interpolation, channels in kinds:
        height, width = rng.integers(4, 40, 2).tolist()
        spec = InputSpec(height, width, channels, resize, interpolation)
        pixels = rng.integers(0, 256, (*rng.integers(1, 90, 2), channels), np.uint8)
        picture = Picture.fromarray(pixels.squeeze(-1) if channels == 1 else pixels)
        given = {"width": picture.width, "height": picture.height, "channels": channels}
        cases.append([given | {"data": pixels.ravel().tolist()}, spec._asdict()])
        expected.append(",".join(map(str, fit(picture, spec).ravel().tolist())))
    with served(functools.partial(Quiet, directory=str(PAGE))) as url, browser.new_page() as page:
        page.goto(f"{url}icon.svg")
        found = page.evaluate(FIT, [json.dumps(cases), url])
    wrong = [
        case[1] for case, one, other in zip(cases, found, expected, strict=True) if one != other
    ]
    assert not wrong


def test_dropped_chosen_and_broken_files_have_cards(
    browser: "Browser", demo: str, tmp_path: Path
) -> None:
    given = {**samples(), "cut.png": samples()["rgb.png"][:-20], "empty.jpg": b"", "text.png": b"a"}
    given["<img src=x onerror=alert(2)>\u202e\u732b.png"] = given["rgb.png"]
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    with ready(browser, demo) as page:
        dropped(page, tmp_path / "rgb.png")
        page.wait_for_selector(".card .bars")
        page.wait_for_selector(".card .heat")
        page.set_input_files("#choose", [tmp_path / name for name in ("cut.png", "empty.jpg")])
        page.wait_for_selector(".card.bad >> nth=1")
        page.set_input_files("#choose", [tmp_path / name for name in [*given][-2:]])
        page.wait_for_selector(".card .bars >> nth=1")
        page.wait_for_selector(".card.bad >> nth=2")
        told = page.locator("#cards").inner_text()
        assert "cut.png: cut short or damaged" in told
        assert "empty.jpg: is empty (0 bytes)" in told
        assert "text.png: no picture of a kind" in told
        assert r"<img src=x onerror=alert(2)>\u{202e}猫.png" in told
        assert page.locator("#cards img").count() == 0
        assert page.title().startswith(r"猫, <img src=x onerror=alert(1)> or \u{202e}gpj.exe? Try")
        page.uncheck("#heat")
        assert page.locator(".card .heat").first.is_hidden()
        page.locator(".choice").first.get_by_text("Heat map").check()
        assert page.locator(".card .heat").first.is_visible()
        page.click("#remove")
        assert page.locator(".card").count() == 0


def test_a_drawing_is_answered_as_it_grows(browser: "Browser", demo: str) -> None:
    with ready(browser, demo) as page:
        drawn(page, [(0.5, 0.2), (0.5, 0.8)])
        page.wait_for_selector(".card .bars")
        before = page.locator(".card .share").first.inner_text()
        drawn(page, [(0.2, 0.5), (0.8, 0.5)])
        page.wait_for_function(
            "(old) => document.querySelector('.share')?.innerText !== old", arg=before
        )
        assert page.locator(".card").count() == 1
        assert page.locator("#guess").inner_text()
        page.click("#clear")
        assert not page.locator("#guess").inner_text()


def test_all_of_it_works_by_keyboard(browser: "Browser", demo: str) -> None:
    with ready(browser, demo) as page:
        page.locator("#sheet").focus()
        for key in ("Space", "ArrowRight", "Shift+ArrowDown", "Space"):
            page.keyboard.press(key)
        page.wait_for_selector(".card .bars")
        assert page.locator("#pen").inner_text() == "Pen up"
        reached = set[str]()
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
        assert reached >= {"undo", "clear", "dark-ink", "choose", "heat", "remove"}
        assert page.locator("#said").inner_text().startswith("Drawing: ")


def test_nothing_is_wider_than_a_phone(browser: "Browser", tmp_path: Path) -> None:
    long = GREY._replace(classes=("W" * 300, "\u732b" * 300, "a b " * 100))
    (tmp_path / f"{'n' * 200}.png").write_bytes(samples()["rgb.png"])
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with site(tmp_path, long) as (url, _), ready(browser, url, **phone, is_mobile=True) as page:
        page.set_input_files("#choose", tmp_path / f"{'n' * 200}.png")
        page.wait_for_selector(".card .bars")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator(".camera").is_visible()


def test_the_reason_is_shown_where_a_file_of_the_demo_is_missing(
    browser: "Browser", tmp_path: Path
) -> None:
    with site(tmp_path, GREY) as (url, _):
        (tmp_path / "site" / "model.onnx").unlink()
        with opened(browser, url) as page:
            page.wait_for_selector("text=model.onnx cannot be loaded (404)")


class Server(BaseHTTPRequestHandler):
    """Answers as `reprise serve` is to: with a token, and too busy at the first try."""

    busy = 0
    got: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_GET(self) -> None:
        name = self.path.lstrip("/") or "index.html"
        if name == "model":
            self.told({"name": "m", "version": "0", "classes": ["a"], "abstains": True,
                       "sets": False, "input": GREY.spec._asdict()})  # fmt: skip
        elif (path := PAGE / name).is_file():
            kind = {".js": "text/javascript", ".css": "text/css"}.get(path.suffix, "text/html")
            self.told(path.read_bytes(), kind=kind, secret=False)
        else:
            self.told({"error": "no such page"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).busy += 1
        if type(self).busy == 1:
            self.told({"error": "busy"}, 429)
            return
        self.got.append((self.path, self.headers["Content-Type"], body))
        if body == b"large":
            self.told({"error": "too large: <b>"}, 413)
        elif body == b"broken":
            self.told({"results": [{"name": None, "error": "is damaged"}]}, 422)
        else:
            heat = {"heat_map": [[0, 0.5], [1, 0]]} if "explain=1" in self.path else {}
            shares = [{"class": "a", "probability": 0.4}]
            found = {"name": None, "answer": None, "predictions": shares, "set": None}
            self.told({"results": [{**found, "out_of_distribution": True, **heat}]})

    def told(
        self,
        content: object,
        status: int = 200,
        kind: str = "application/json",
        *,
        secret: bool = True,
    ) -> None:
        if secret and self.headers["Authorization"] != "Bearer open sesame":
            content, status = {"error": "a token, please"}, 401
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def test_with_a_server_it_speaks_by_the_contract(browser: "Browser", tmp_path: Path) -> None:
    Server.busy, Server.got = 0, []
    rgb = samples()["rgb.png"]
    for name, data in {"a.json": rgb, "b.png": b"large", "c.png": b"broken"}.items():
        (tmp_path / name).write_bytes(data)
    with served(Server) as url, opened(browser, url) as page:
        for secret in ("wrong", "open sesame"):
            page.wait_for_selector("#token:not([hidden])")
            page.fill("#secret", secret)
            page.press("#secret", "Enter")
        page.wait_for_selector("main")
        page.set_input_files("#choose", [tmp_path / name for name in ("a.json", "b.png", "c.png")])
        page.wait_for_selector(".card .heat")
        told = page.locator("#cards").inner_text()
        assert "I do not know" in told
        assert "unlike the pictures that the model knows" in told
        assert "b.png: too large: <b>" in told
        assert "c.png: is damaged" in told
        assert "Heat map for a: the brighter a part" in told
        assert "Covering the lower left takes most, 100\xa0points of 100." in told
        assert page.evaluate("JSON.stringify(sessionStorage)") == '{"reprise-token":"open sesame"}'
        assert page.evaluate("localStorage.length") == 0
    kind = "application/octet-stream"
    assert Server.got == [
        ("/predict?top=100", kind, rgb),
        ("/predict?top=100", kind, b"large"),
        ("/predict?top=100", kind, b"broken"),
        ("/predict?top=1&explain=1", kind, rgb),
    ]


def test_a_server_that_is_gone_is_no_bad_picture(browser: "Browser", tmp_path: Path) -> None:
    Server.busy, Server.got = 1, []
    (tmp_path / "a.png").write_bytes(samples()["rgb.png"])
    with served(Server) as url, opened(browser, url) as page:
        page.wait_for_selector("#token:not([hidden])")
        page.fill("#secret", "open sesame")
        page.press("#secret", "Enter")
        page.wait_for_selector("main")  # the model was asked for, and listeners are there
        page.context.set_offline(True)
        page.set_input_files("#choose", [tmp_path / "a.png"] * 2)
        page.wait_for_selector(".card.lost >> nth=1")
        assert page.locator("#tally").inner_text() == "2\xa0pictures: 2 without an answer"
        page.context.set_offline(False)
        page.locator(".lost button").first.click()
        page.wait_for_selector(".card .bars")
        assert (
            page.locator("#tally").inner_text() == "2\xa0pictures: 1 answered, 1 without an answer"
        )
