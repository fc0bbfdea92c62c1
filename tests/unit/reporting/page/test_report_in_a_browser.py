"""The report as a browser shows it: facts beside it, narrow screens, names of any length."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import chromium
from contents import CONTENT, TILE
from PIL import Image as Picture

from stages.artifacts.report import PAGE
from stages.reporting.gallery import Gallery
from stages.reporting.page.charts import Series
from stages.reporting.page.content import ClassRow, Content
from stages.reporting.page.page import fingerprint, render
from stages.reporting.strips import Strip

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = ("W" * 300, "a word " * 50, "العربية " * 40, "猫" * 100)
MACHINE = {"cpu": "AMD", "device": "cpu", "platform": "Linux", "python": "3", "torch": "2"}


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as found:
        yield found


@pytest.fixture
def shown(browser: "Browser", tmp_path: Path) -> Iterator["Shown"]:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    yield Shown(context.new_page(), tmp_path)
    context.close()


class Shown:
    """A report on the disk, and what stands beside it."""

    def __init__(self, page: "Page", root: Path) -> None:
        self.page, self.root, self.wrong = page, root, list[str]()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))

    def write(self, stage: str, facts: dict[str, object]) -> None:
        path = self.root / f"metrics/environment/{stage}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"reprise.{stage} = {json.dumps(facts)};", "utf-8")

    def open(self, html: str) -> "Page":
        path = self.root / PAGE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8")
        self.page.goto(path.as_uri())
        assert not self.wrong
        return self.page


def test_facts_of_this_very_page_are_shown(shown: Shown) -> None:
    html, nasty = render(CONTENT), "<img src=x onerror=alert(1)>"
    run = {"of": fingerprint(html), "experiment": nasty, "baseline": "0123456789"}
    shown.write("evaluate", {**run, "trained": {**MACHINE, "threads": 2}})
    formats = [
        {
            "format": "onnx",
            "bytes": 381_000,
            "milliseconds": 0.0512,
            "agreement": 1,
            "accuracy": 0.5,
        },
        {"format": "int8", "bytes": 99_000, "agreement": 0.9875, "accuracy": 0.4},
        {"format": "pt2", "unsupported": nasty},
    ]
    facts = {"formats": formats, "cpu": "AMD", "threads": 2, "repeats": 20}
    shown.write("export", {"of": CONTENT.classifier, **facts})
    page = shown.open(html)
    said = page.inner_text("#run")
    assert said.startswith(f"Experiment {nasty}, begun from commit 0123456. Trained on AMD, Linux,")
    rows = [row.inner_text().split("\t") for row in page.locator("#exported tbody tr").all()]
    assert rows[0] == ["onnx", "0.381 MB", "0.051 ms", "100 %", "50.00 %"]
    assert rows[1] == ["int8", "0.0990 MB", "", "98.75 %", "40.00 %"]
    assert rows[2][3] == nasty
    assert "int8 rounds" in page.inner_text("#exported")


@pytest.mark.parametrize("of", ["", "0" * 16, None])
def test_facts_of_another_page_are_not(shown: Shown, of: object) -> None:
    shown.write("evaluate", {"of": of, "experiment": "another"})
    shown.write("export", {"of": of, "formats": []})
    page = shown.open(render(CONTENT))
    assert not page.is_visible("#run")
    assert not page.is_visible("#exported")


def test_without_facts_the_page_says_less_and_works(shown: Shown) -> None:
    page = shown.open(render(CONTENT))
    assert not page.is_visible("#run")
    assert page.is_visible("#files")
    page.get_by_role("button", name="recall").click()
    assert page.locator("[aria-sort=ascending]").inner_text() == "recall"


def nasty() -> Content:
    rows = [ClassRow(name, [1, 1, 1], 1, 1, 1) for name in LONG]
    tiles = [TILE._replace(actual=name, predicted=name, path=name) for name in LONG]
    return CONTENT._replace(
        title=LONG[0],
        classes=rows,
        baseline=CONTENT.baseline._replace(name=LONG[0]),
        confusion=[(0, 0, 5), (1, 2, 4), (3, 1, 1)],
        roc=[Series(name, [(0, 0), (0, 1), (1, 1)]) for name in LONG],
        strips=[Strip(name, [1, 1, 1], Picture.new("L", (300, 40))) for name in LONG],
        galleries=[Gallery(LONG[0], LONG[1], tiles)],
        samples=[Gallery(name, name, tiles) for name in LONG],
        params={"network": {"name": LONG[0]}},
    )


@pytest.mark.parametrize("kind", ["long names", "one class", "a thousand classes"])
def test_no_page_is_wider_than_a_phone(shown: Shown, kind: str) -> None:
    rows = [ClassRow(f"class {number}", [1, 1, 1], 1, 1, 1) for number in range(1000)]
    content = {
        "long names": nasty(),
        "one class": CONTENT._replace(
            classes=CONTENT.classes[:1], confusion=[(0, 0, 5)], strips=CONTENT.strips[:1]
        ),
        "a thousand classes": CONTENT._replace(classes=rows, confusion=[(0, 999, 5)]),
    }
    page = shown.open(render(content[kind]))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for part in page.locator(".scroll:visible").all():
        assert part.get_attribute("tabindex") == "0"  # what scrolls is reached by keyboard


def test_the_bars_of_all_scores_begin_and_end_at_one_length(shown: Shown) -> None:
    rows = [
        ClassRow("ant", [1234567, 1, 1], 1, 0.5, 0.9),
        ClassRow("bee", [1, 1, 1], None, 1, 1.0),
    ]
    page = shown.open(render(CONTENT._replace(classes=rows)))
    page.set_viewport_size({"width": 1280, "height": 800})
    bars = page.locator("#classes .meter").evaluate_all(
        """cells => cells.map(cell => {
            const bar = getComputedStyle(cell, "::after");
            return [bar.content, bar.width, bar.backgroundSize, bar.backgroundPosition];
        })"""
    )
    assert bars[3][0] == "none"  # undefined: no bar
    drawn = [bar for number, bar in enumerate(bars) if number != 3]
    assert {(width, place) for _, width, _, place in drawn} == {("56px", "0% 50%")}
    assert [size for _, _, size, _ in drawn] == [
        f"{share}% 100%" for share in (100, 50, 90, 100, 100)
    ]


@pytest.mark.parametrize("width", [1280, 1100, 390])
@pytest.mark.parametrize("accuracies", [True, False])
def test_no_chart_is_alone_in_a_wide_row(shown: Shown, width: int, *, accuracies: bool) -> None:
    """There are seven charts with accuracies of training, and six without."""
    more = {"train_accuracy": 0.5, "val_accuracy": 0.5} if accuracies else {}
    content = CONTENT._replace(history=[{**row, **more} for row in CONTENT.history])
    page = shown.open(render(content))
    page.set_viewport_size({"width": width, "height": 800})
    tops = page.locator(".chart").evaluate_all(
        "charts => charts.map(chart => Math.round(chart.getBoundingClientRect().top))"
    )
    in_rows = [tops.count(top) for top in sorted({*tops})]
    expected = [1] * len(tops) if width == 390 else [2, 2, 3] if accuracies else [3, 3]
    assert in_rows == expected


def test_a_score_below_a_rounded_one_is_sorted_by_its_number(shown: Shown) -> None:
    rows = [
        ClassRow(name, [1, 1, 1], value, 1, 1)
        for name, value in (("a", 1), ("b", 0.9999), ("c", 0.5), ("d", 0.0001))
    ]
    page = shown.open(render(CONTENT._replace(classes=rows)))
    page.get_by_role("button", name="precision").click()
    cells = page.locator("#classes tbody tr td:nth-child(2)").all_inner_texts()
    assert cells == ["< 0.001", "0.500", "> 0.999", "1.000"]
