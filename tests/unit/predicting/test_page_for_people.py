"""What a person is told by the page: title, what the model sees, heat map, hints, names."""

import functools
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import Quiet, chromium, drawn, served
from demo_site import GREY, encoded, ready, samples, site
from PIL import Image as Picture

from reprise.decoding import decode
from reprise.demo.static_site import PAGE
from reprise.resizing import fit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TITLES: list[tuple[list[str], str]] = [
    (["ants", "bees"], "ants or bees?"),
    (["cat", "dog", "\u732b"], "cat, dog or \u732b?"),
    ([*"0123456789"], "10 digits, 0 to 9"),
    (["0", "1", "10", *"23456789"], "11 numbers, 0 to 10"),
    (["1", "2", "4"], "1, 2 or 4?"),
    ([*"ABCDEF"], "6 letters, A to F"),
    (["a", "b", "c", "d", "z"], "a, b, c or 2 others?"),
    (["a", "b", "c", "word"], "a, b, c or 1 other?"),
    (["cat"], "cat is the only class"),
    (["w" * 300, "short"], "Which of 2 classes?"),
    (["", "short"], "Which of 2 classes?"),
    ([f"n{number:07}" for number in range(1000)], "n0000000, n0000001, n0000002 or 997 others?"),
    (["w" * 300], "One class"),
]
TITLE = """async ([all, url]) => {
    const { title } = await import(url + "title.js");
    return all.map((classes) => title(classes).map((part) => part.name ?? part).join(""));
}"""
PIXELS = """() => {
    const canvas = document.querySelector(".seen canvas.pixels");
    return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
}"""
VIEW = """async ([bytes, input, url]) => {
    const { view } = await import(url + "view.js");
    const pictures = await view(new Blob([Uint8Array.from(bytes)]), "a", input);
    return [...pictures.querySelectorAll(".note")].map((note) => note.textContent);
}"""
RENAME = """(names) => document.querySelectorAll(".bars bdi").forEach((bdi, at) => {
    bdi.textContent = names[at];
})"""
NAMES = (
    "\u732b", "\u0642\u0637\u0629", "\u05d7\u05ea\u05d5\u05dc", "\U0001f431\U0001f3fd",
    "\u0e41\u0e21\u0e27", "\u041a\u043e\u0442", "e\u0301cureuil", "<b>x</b>",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the demo of a model of 8 x 8 grey pixels."""
    with site(tmp_path_factory.mktemp("grey"), GREY) as (url, _):
        yield url


def size(width: int, height: int) -> str:
    return f"{width}\xa0\u00d7\xa0{height}\xa0pixels"


def give(page: "Page", *files: Path) -> None:
    """Choose files, and wait for their answers and heat maps."""
    page.set_input_files("#choose", [*files])
    page.wait_for_selector(".card")
    page.wait_for_function("() => !document.querySelector('.waiting')")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.heat-note')]"
        ".every((note) => note.textContent && !note.textContent.includes('looking'))"
    )


def test_the_title_is_made_of_the_classes(browser: "Browser") -> None:
    with served(functools.partial(Quiet, directory=str(PAGE))) as url, browser.new_page() as page:
        page.goto(f"{url}icon.svg")
        found = page.evaluate(TITLE, [[classes for classes, _ in TITLES], url])
    assert found == [expected for _, expected in TITLES]


def test_what_the_model_sees_stands_beside_what_was_given(
    browser: "Browser", grey: str, tmp_path: Path
) -> None:
    data = samples()["turned.jpg"]
    (tmp_path / "turned.jpg").write_bytes(data)
    with ready(browser, grey) as page:
        give(page, tmp_path / "turned.jpg")
        heated = page.locator(".seen .note").inner_text()
        page.locator(".choice").get_by_label("Picture").check()
        told = page.locator(".card").inner_text()
        shown = np.array(page.evaluate(PIXELS), np.uint8).reshape(8, 8, 4)
    assert f"Given: {size(48, 64)}" in told
    assert heated == f"Heat map over what the model sees: {size(8, 8)} in\xa0grey"
    assert f"The model sees: {size(8, 8)} in\xa0grey, and answers by these alone" in told
    seen = fit(decode(data, 1), GREY.spec)
    np.testing.assert_array_equal(shown[..., :3], np.repeat(seen, 3, axis=2))


def test_of_a_photograph_the_page_says_which_part_is_seen(browser: "Browser") -> None:
    picture = encoded(Picture.new("RGB", (300, 60), "teal"), "PNG")
    exact = encoded(Picture.new("RGB", (8, 6), "teal"), "PNG")
    colour = {"width": 48, "height": 40, "channels": 3, "interpolation": "bilinear"}
    inputs = [
        *({**colour, "resize": way} for way in ("crop", "stretch", "pad")),
        {**colour, "resize": "crop", "channels": 1},
    ]
    small = {**colour, "width": 8, "height": 6, "resize": "crop"}
    with served(functools.partial(Quiet, directory=str(PAGE))) as url, browser.new_page() as page:
        page.goto(f"{url}none.html")
        found = [page.evaluate(VIEW, [list(picture), one, url]) for one in inputs]
        alone = page.evaluate(VIEW, [list(exact), small, url])
    given = f"{size(300, 60)}. The model sees "
    assert found == [
        [f"{given}this middle part at {size(48, 40)}."],
        [f"{given}it stretched to {size(48, 40)}."],
        [f"{given}it at {size(48, 40)}."],
        [f"{given}this middle part at {size(48, 40)} in\xa0grey."],
    ]
    assert alone == [size(8, 6)]


def test_a_heat_map_says_of_which_class_it_is_and_is_switched(
    browser: "Browser", grey: str, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(samples()["rgb.png"])
    with ready(browser, grey) as page:
        give(page, tmp_path / "a.png", tmp_path / "b.png")
        first = page.locator(".bars bdi").first.inner_text()
        assert page.locator(".heat-note strong").first.inner_text() == first
        heat, choices = page.locator(".heat"), page.locator(".choice")
        assert [one.is_visible() for one in heat.all()] == [True, True]
        choices.first.get_by_label("Picture").check()
        assert [one.is_visible() for one in heat.all()] == [False, True]
        page.uncheck("#heat")
        assert [one.is_visible() for one in heat.all()] == [False, False]
        assert choices.last.get_by_label("Picture").is_checked()
        choices.last.get_by_label("Heat map").check()
        assert [one.is_visible() for one in heat.all()] == [False, True]
        assert page.locator("#give").is_visible()
        page.emulate_media(media="print")
        assert page.locator("#give").is_hidden()
        assert heat.last.is_visible()


def test_an_empty_sheet_says_what_to_do(browser: "Browser", grey: str) -> None:
    with ready(browser, grey) as page:
        by_hand, by_keyboard = page.locator("#hint-what"), page.locator(".hint-keys")
        assert by_hand.inner_text() == "Draw here"
        assert by_keyboard.is_hidden()
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.id") != "sheet":
            page.keyboard.press("Tab")
        assert by_keyboard.is_visible()
        assert by_hand.is_hidden()
        drawn(page, [(0.5, 0.2), (0.5, 0.8)])
        assert page.locator("#hint").is_hidden()
        page.locator("#sheet").press("Backspace")
        assert page.locator("#hint").is_visible()
        assert page.locator("#pen").inner_text() == "Last line removed"


def test_one_broken_file_of_many_is_counted(browser: "Browser", grey: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.png" for number in range(9)]
    for file in files:
        file.write_bytes(samples()["exact.png"])
    files[4].write_bytes(samples()["exact.png"][:60])
    with ready(browser, grey) as page:
        give(page, *files)
        told = "9\xa0pictures: 8 answered, 1 cannot be read"
        assert page.locator("#tally").inner_text() == told
        names = page.locator(".card bdi:first-of-type").all_inner_texts()
        assert [name for name in names if name.endswith(".png")] == [one.name for one in files]
        assert page.locator("#said").inner_text().startswith(f"{told}. ")


def test_the_answer_is_in_view_on_a_phone(browser: "Browser", grey: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(samples()["rgb.png"])
    with ready(browser, grey, viewport={"width": 390, "height": 844}) as page:
        assert page.locator("#found").bounding_box()["y"] > 500  # type: ignore[index]
        give(page, tmp_path / "a.png")
        box = page.locator(".card .bars li").first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 844 - box["height"]


def test_a_drawing_is_not_called_given(browser: "Browser", grey: str) -> None:
    with ready(browser, grey) as page:
        drawn(page, [(0.5, 0.2), (0.5, 0.8)])
        page.wait_for_selector(".card .bars")
        assert page.locator(".given .note").inner_text() == "Drawn, moved and scaled"


def test_classes_beyond_the_first_are_opened(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(samples()["rgb.png"])
    of = GREY._replace(classes=tuple(f"class {one}" for one in range(130)), rule=None)
    with site(tmp_path, of) as (url, _), ready(browser, url) as page:
        assert (
            page.locator("#about").inner_text().endswith("pictures that show nothing of the kind.")
        )
        give(page, tmp_path / "a.png")
        assert page.locator(".answer h3").count() == 1
        assert [one.is_visible() for one in page.locator(".bars li").all()].count(True) == 5
        page.click(".rest summary")
        assert [one.is_visible() for one in page.locator(".bars li").all()] == [True] * 100
        assert page.locator(".rest .note").inner_text() == "30\xa0classes are less probable still."


def test_names_of_every_script_keep_their_place_and_many_scroll(
    browser: "Browser", tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(samples()["rgb.png"])
    of = GREY._replace(classes=(*NAMES, *(f"class {one}" for one in range(300))), rule=None)
    with site(tmp_path, of) as (url, _), ready(browser, url) as page:
        assert page.locator(".chips").is_hidden()
        page.click("#classes summary")
        assert tuple(page.locator(".chips bdi").all_inner_texts()[: len(NAMES)]) == NAMES
        page.wait_for_selector(".chips[tabindex='0']")
        page.focus(".chips")
        page.keyboard.press("End")
        page.wait_for_function("() => document.querySelector('.chips').scrollTop > 0")
        give(page, tmp_path / "a.png")
        page.evaluate(RENAME, NAMES[:5])
        boxes = [one.bounding_box() for one in page.locator(".bars bdi").all()[:5]]
    assert len(boxes) == 5
    assert all(one and other and one["x"] == other["x"] for one, other in pairwise(boxes))
