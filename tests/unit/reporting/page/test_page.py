import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import pytest
from contents import CONTENT, EMPTY, TILE
from PIL import Image as Picture

from stages.pages.template import ENDING, SIDE, source, tail, written
from stages.reporting.data_notes import DataFact
from stages.reporting.gallery import Gallery
from stages.reporting.page.charts import Series
from stages.reporting.page.content import ClassRow
from stages.reporting.page.page import fingerprint, render
from stages.reporting.strips import Strip

VOID = {"meta", "img", "path", "rect"}
NASTY = "</style><script>alert(1)</script>\"'&<b>"


class Reader(HTMLParser):
    """Collects what a page refers to and says, and finds tags that are not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open += [] if tag in VOID else [tag]
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text += data


@pytest.mark.parametrize("content", [CONTENT, EMPTY])
def test_the_page_needs_nothing_but_itself(content: object) -> None:
    page = render(CONTENT if content is CONTENT else EMPTY)
    read = Reader(page)
    outside = {found for found in read.sources if not found.startswith(("data:image/", "#"))}
    # Beside it, where it lies in the repository; without them, it says less.
    assert outside == {
        "../environment/",
        "../environment/evaluate.js",
        "../environment/export.js",
        "../../models/export/README.md",
    }
    assert not re.search(r"https?:|url\(|@import|<link", page)


def test_the_page_says_what_there_is() -> None:
    text = " ".join(Reader(render(CONTENT)).text.split())
    for said in (
        "Image classification report insects network cnn",
        "network cnn",
        "2 classes",
        "1,234 images in train",
        "lr0.01 emanull fusedtrue lossfocal size[8, 8]",
        "Measured on the 10 images of test, which neither trained the network nor chose anything.",
        "Accuracy 90.0 % of the images are classified correctly. 95 % interval 80.0 % to 95.0 %",
        "Loss 0.500 cross-entropy",
        "Probabilities are honest.",
        "Images of every class",
        "is ant, said bee 75.0 % sure a/b.png",
        "balanceOf train, one class has all.",
        "On train the loss is higher.",
        "ant1,000105",
        "Most frequent mistakes",
        "Class by class",
        "bee1.0000.8000.90023410",
    ):
        assert said in text, said


def test_what_is_empty_is_left_out() -> None:
    text = Reader(render(EMPTY)).text
    for heading in (
        "Curves",
        "Where to look",
        "Images of",
        "interval",
        "were said to be",
        "trained on",
    ):
        assert heading not in text


def test_names_of_the_user_stay_text() -> None:
    tile = TILE._replace(actual=NASTY, predicted=NASTY, path=NASTY)
    page = render(
        CONTENT._replace(
            title=NASTY,
            dataset=NASTY,
            data=[DataFact(NASTY, NASTY)],
            training=[NASTY],
            strips=[Strip(NASTY, [1, 1, 1], None)],
            facts={NASTY: NASTY},
            params={NASTY: {NASTY: NASTY}},
            classes=[ClassRow(f"{NASTY}{end}", [1, 1, 1], 1, 1, 1) for end in ("", "2")],
            confusion=[(0, 0, 1), (0, 1, 3)],
            roc=[Series(NASTY, [(0, 0), (1, 1)]), Series(NASTY, [(0, 0)])],
            galleries=[Gallery(NASTY, NASTY, [tile])],
        )
    )
    read = Reader(page)
    assert read.tags.count("script") == Reader(render(CONTENT)).tags.count("script")
    assert "b" in read.tags
    assert "alert(1)</script>" not in page
    assert read.text.count("<script>alert(1)</script>") > 10


def test_a_perfect_model_made_no_mistake() -> None:
    text = Reader(render(CONTENT._replace(confusion=[(0, 0, 5), (1, 1, 5)]))).text
    assert "No image was taken for one of another class." in text
    assert "Most frequent mistakes" not in text


def test_undefined_scores_are_dashes() -> None:
    rows = [ClassRow(name, [1, 1, 0], None, None, None) for name in ("ant", "bee")]
    assert "–––" in Reader(render(CONTENT._replace(classes=rows))).text  # noqa: RUF001


def test_of_many_classes_the_page_shows_the_worst() -> None:
    rows = [ClassRow(f"class {n}", [1, 1, 1], 1, 1, 1) for n in range(1000)]
    read = Reader(render(CONTENT._replace(classes=rows)))
    assert "Images of the worst classes" in read.text
    assert "class 999" in read.text
    assert len(read.tags) < 20_000  # no matrix of a million fields


def test_heat_maps_stand_in_the_same_tile() -> None:
    pair = TILE._replace(heat=Picture.new("RGB", (8, 8)))
    plain, with_heat = (
        Reader(render(EMPTY._replace(galleries=[Gallery("", "", [tile])]))) for tile in (TILE, pair)
    )
    assert len(with_heat.sources) == len(plain.sources) + 1
    assert plain.tags.count("figure") == with_heat.tags.count("figure") == 1


def test_the_same_content_is_the_same_page() -> None:
    assert render(CONTENT) == render(CONTENT)


def test_a_page_bears_a_checksum_of_all_that_it_says() -> None:
    page, other = render(CONTENT), render(CONTENT._replace(calibration="They are not."))
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(page))
    assert f'data-page="{fingerprint(page)}"' in page
    assert fingerprint(other) != fingerprint(page)


def test_no_name_stands_in_for_the_checksum() -> None:
    page = render(CONTENT._replace(title='data-page="@"', dataset='data-page="0000000000000000"'))
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(page))
    assert 'data-page="@"' not in page
    assert fingerprint(page) != "0" * 16


def test_each_place_that_the_navigation_names_is_there() -> None:
    for content in (CONTENT, EMPTY):
        page = render(content)
        places = [found[1:] for found in Reader(page).sources if found.startswith("#")]
        assert len(places) >= 4
        assert all(page.count(f'id="{place}"') == 1 for place in places)


@pytest.mark.parametrize(("side", "kind"), [(8, "PNG"), (SIDE - 1, "PNG"), (SIDE, "JPEG")])
def test_pictures_are_in_the_page(side: int, kind: str) -> None:
    image = Picture.new("L", (side, side), 7)
    head, data = source(image).split(",")
    assert head == f"data:image/{kind.lower()};base64"
    with Picture.open(BytesIO(b64decode(data))) as found:
        assert (found.format, found.size, found.getpixel((0, 0))) == (kind, image.size, 7)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "null"), (True, "true"), ("null", "null"), (0.1, "0.1"), ([1], "[1]"), ("ü", "ü")],
)
def test_parameters_are_written_as_in_yaml(value: object, shown: str) -> None:
    assert written(value) == shown


def test_the_title_of_the_window_says_more_than_the_heading() -> None:
    page = render(CONTENT)
    assert "<title>insects · cnn, 3 epochs: image classification report</title>" in page
    assert "<h1>insects</h1>" in page


@pytest.mark.parametrize("length", [1, ENDING, ENDING + 1, 300])
def test_of_a_long_name_the_end_is_shown(length: int) -> None:
    name = "".join(chr(ord("a") + number % 26) for number in range(length))
    shown = tail(name)
    assert len(shown) == min(length, ENDING)
    assert name.endswith(shown.removeprefix("…"))
    assert shown.startswith("…") == (length > ENDING)
