"""What a classifier says, shown in a terminal and a notebook, and given on."""

import base64
import re
from html import escape
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture
from toys import pixels

from reprise.classification import Classification, Classifications
from reprise.directory import Failure
from reprise.prediction import Decision, Prediction
from reprise.result_table import LINES, ROWS

GOOD = Prediction("a.png", pixels(0), [("ants", 0.9), ("bees", 0.1)])
OPEN = GOOD._replace(decision=Decision(answered=False, ood=True, classes=["ants", "bees"]))
BAD = Failure("b.png", "no picture of a kind that can be read")
EVIL = "<script>alert(1)</script>\x1b[2J\n"


class Tags(HTMLParser):
    """Collects the tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text = list[str](), list[str | None](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [value for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


LONG = "/".join(["folder"] * 9) + "/<b>the&end.png"


def test_a_long_path_is_shortened_in_the_middle_with_all_of_it_at_hand() -> None:
    page = Classification(GOOD._replace(name=LONG))._repr_html_()
    whole = escape(LONG)
    assert f'<span title="{whole}">folder/folde…' in page
    assert f"{escape(LONG[-28:])}</span>" in page
    assert page.count(whole) == 1
    short = "a" * 41
    assert f">{short}<" in Classification(GOOD._replace(name=short))._repr_html_()


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, "0.0%"),
        (1e-9, "<0.1%"),
        (0.001, "0.1%"),
        (0.5, "50.0%"),
        (0.9995, ">99.9%"),
        (1.0, "100.0%"),
    ],
)
def test_what_is_not_all_or_nothing_is_not_shown_as_such(share: float, told: str) -> None:
    found = Classification(GOOD._replace(ranked=[("a", share)]))
    assert repr(found) == f"a.png: a ({told})"
    assert f"a&nbsp;({escape(told)})" in found._repr_html_()


def test_the_reason_of_an_error_stands_in_place_of_the_answer() -> None:
    cells = re.findall("<td[^>]*>(.*?)</td>", Classifications([BAD])._repr_html_())
    assert cells == ["", "b.png", f"<em>error: {BAD.reason}</em>", ""]


def test_one_is_no_plural() -> None:
    assert repr(Classifications([GOOD])).splitlines()[0] == "1 picture"


def test_one_is_a_line() -> None:
    assert repr(Classification(GOOD)) == "a.png: ants (90.0%), bees (10.0%)"
    assert repr(Classification(OPEN)) == "a.png: unknown, perhaps ants (90.0%), bees (10.0%)"
    assert repr(Classification(GOOD._replace(name=""))) == "(no name): ants (90.0%), bees (10.0%)"


def test_several_are_lines_below_a_heading() -> None:
    assert repr(Classifications([GOOD, BAD], "passed over 1")).splitlines() == [
        "2 pictures, of which 1 cannot be predicted",
        "[0] a.png: ants (90.0%), bees (10.0%)",
        "[1] b.png: error: no picture of a kind that can be read",
        "passed over 1",
    ]


def test_of_many_the_first_are_shown() -> None:
    found = Classifications([GOOD] * 1234)
    lines = repr(found).splitlines()
    assert len(lines) == LINES + 2
    assert lines[0] == "1,234 pictures"
    assert lines[-1] == "... and 1,214 more"
    page = Tags(found._repr_html_())
    assert page.tags.count("img") == ROWS
    assert "1,134 more are not shown" in page.text


@pytest.mark.parametrize("given", [GOOD._replace(name=EVIL), Failure("x", EVIL)])
def test_no_text_of_the_data_acts_as_code(given: Prediction | Failure) -> None:
    found = Classifications([given, GOOD._replace(ranked=[(EVIL, 0.9)])], EVIL)
    page = Tags(found._repr_html_())
    assert {*page.tags} <= {"table", "tr", "th", "td", "img", "b", "em", "p"}
    assert "\x1b" not in page.text + repr(found)
    assert page.text.count("<script>") == 4
    assert len(repr(found).splitlines()) == 4


def test_a_thumbnail_shows_the_picture() -> None:
    page = Tags(Classification(GOOD)._repr_html_())
    (data,) = [text for text in page.attributes if text and text.startswith("data:image/png")]
    with Picture.open(BytesIO(base64.b64decode(data.partition(",")[2]))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), GOOD.pixels)
    grey = Classification(GOOD._replace(pixels=pixels(0, 200, 90, 1)[..., None]))
    assert re.search(r'width="29" height="64"', grey._repr_html_())


def test_a_table_has_a_row_for_each() -> None:
    table = Classifications([GOOD, BAD, OPEN]).to_pandas()
    assert table.columns.tolist()[:5] == ["path", "answer", "class", "probability", "error"]
    assert table["path"].tolist() == ["a.png", "b.png", "a.png"]
    assert table["answer"].isna().tolist() == [False, True, True]
    assert table["class_2"].tolist()[::2] == ["bees", "bees"]
    assert table["probability"].tolist()[0] == 0.9
    assert table["error"].tolist()[1] == BAD.reason
    assert table["set"].tolist()[2] == ["ants", "bees"]


def test_a_table_of_none_has_columns() -> None:
    assert Classifications([]).to_pandas().shape == (0, 5)


def test_one_is_a_table_of_one_row() -> None:
    one, several = Classifications([GOOD])[0].to_pandas(), Classifications([GOOD, GOOD]).to_pandas()
    assert len(one) == 1
    assert one.equals(several[:1])


def test_without_pandas_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        Classifications([GOOD]).to_pandas()


def test_they_are_a_sequence() -> None:
    found = Classifications([GOOD, BAD, OPEN], "note")
    assert len(found) == 3
    assert [one.path for one in found] == ["a.png", "b.png", "a.png"]
    assert found[-1].answer is None
    assert [one.error for one in found[1:]] == [BAD.reason, None]
    assert found[1:].note == "note"
    with pytest.raises(IndexError):
        found[3]


def test_a_label_stands_in_the_record() -> None:
    assert Classification(GOOD._replace(label="bees")).to_dict()["label"] == "bees"
    assert "label" not in Classification(GOOD).to_dict()
