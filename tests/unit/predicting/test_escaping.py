import json
from html.parser import HTMLParser

import pytest

from reprise.escaping import cell, first_line, printable, script

PLAIN = [
    "Käfer 漢字 … ok.png",
    "a < b",
    "crane (2)",
    "it's",
    "C++",
    "a-b",
    "x=y",
    "R&D",
    "👍🏽",
    "",
]
NUMBERS = ["-1", "+1", "-0.5", "+.5", "-1e-3", "1."]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
    assert cell(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\x1b[2J\x07\x9b1m", r"\x1b[2J\x07\x9b1m"),
        ("\u202egnp", r"\u202egnp"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("\u200b\ufeff\xad", r"\u200b\ufeff\xad"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A1",
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd",
        "=1",
        "  =1",
        "\uff1d1+1",
        "-",
        "--1",
        "-x",
    ],
)
def test_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\t=1+1", "\r=1+1", "\n=1", "\x0b@x"])
def test_what_a_spreadsheet_would_skip_before_a_formula_is_seen(text: str) -> None:
    assert cell(text)[0] == "\\"
    assert cell(text).isprintable()


def test_a_semicolon_begins_no_formula_where_it_parts_cells() -> None:
    assert cell("a;=1+1; -x;b") == "a;'=1+1;' -x;b"


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_stays_a_number(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("text", ["</script>", "<script>", "<!--", "<IMG src=x>", "<?php", "a<b"])
def test_no_cell_holds_a_tag(text: str) -> None:
    assert "<" not in cell(text)
    assert r"\u003c" in cell(text)


class Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.text = list[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "text",
    [
        "]]></svg><script>alert(6)</script>",
        "</ScRiPt ><img src=x onerror=alert(1)>",
        "<!--<script>",
        "&lt;/script&gt;",
        "\u2028\u2029",
        "\\u003c",
        'a"b\\',
    ],
)
def test_a_script_holds_any_text_and_gives_it_back(text: str) -> None:
    found = Reader(f"<script>{script({'name': [text]})}</script>after")
    assert found.tags == ["script"]
    values, _, rest = found.text.rpartition("after")
    assert rest == ""
    assert values.isascii()
    assert not {*"<>&"} & {*values}
    assert json.loads(values) == {"name": [text]}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("one\ntwo"), "one"),
        (ValueError("\n  one \ntwo"), "one"),
        (ValueError(""), "ValueError"),
        (KeyError(), "KeyError"),
        (OSError("a\x1b[31mb"), r"a\x1b[31mb"),
    ],
)
def test_the_first_line_of_an_error_says_something(error: Exception, line: str) -> None:
    assert first_line(error) == line
