import csv
import json
from io import StringIO
from typing import get_args

import numpy as np
import pytest

from reprise.output import DECIDED, HEADER, OutputFormat, TableColumns, writer
from reprise.prediction import Decision, Prediction

PIXELS = np.zeros((2, 2, 1), np.uint8)
RANKED = [("ants", 0.9876543216), ("Käfer", 0.0123456784), ("bees", 1e-9)]
ODD = 'a, "b"\n\x1b[2J\udcff.png'


def row(form: OutputFormat, name: str = "a.png", ranked: list[tuple[str, float]] = RANKED) -> str:
    classes = [label for label, _ in ranked]
    return writer(form, classes)(Prediction(name, PIXELS, ranked))


def test_a_row_of_the_table_has_columns_of_one_width() -> None:
    assert row("table") == "ants    98.77%  Käfer    1.23%  bees     0.00%  a.png"
    certain = [("bees", 1.0), ("ants", 0.0), ("Käfer", 0.0)]
    assert row("table", ranked=certain) == "bees   100.00%  ants     0.00%  Käfer    0.00%  a.png"


def test_chinese_names_take_two_columns_a_letter() -> None:
    assert row("table", ranked=[("蚂蚁", 0.75), ("bees!", 0.25)]) == (
        "蚂蚁    75.00%  bees!   25.00%  a.png"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [("x" * 24, "x" * 24), ("x" * 25, f"{'x' * 23}…"), ("蚁" * 13, f"{'蚁' * 11}… ")],
)
def test_long_names_are_cut_in_the_table_only(name: str, shown: str) -> None:
    assert row("table", ranked=[(name, 1.0)]) == f"{shown}  100.00%  a.png"
    assert name in row("csv", ranked=[(name, 1.0)])


def test_a_row_of_the_table_is_one_line_whatever_the_names() -> None:
    assert row("table", ODD, [("a\nb", 1.0)]) == r'a\nb  100.00%  a, "b"\n\x1b[2J\udcff.png'


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\udcc3\udcbc\udce6\udcbc\udca2.png", "ü漢.png"),
        ("\udcc3\udcbc\udcff", "ü\\udcff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_the_table_shows_letters_whatever_the_locale(name: str, shown: str) -> None:
    assert row("table", name).endswith(f"  {shown}")


@pytest.mark.parametrize("name", ["a.png", ODD, "é 漢字"])
def test_json_gives_path_and_classes_back(name: str) -> None:
    line = row("jsonl", name)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {
        "path": name,
        "predictions": [
            {"class": "ants", "probability": 0.987654},
            {"class": "Käfer", "probability": 0.012346},
            {"class": "bees", "probability": 0.0},
        ],
    }


@pytest.mark.parametrize("name", ["a.png", 'a, "b".png', "é 漢字", "-1", "a-b=c", "a <b>c.png"])
def test_csv_gives_path_and_classes_back(name: str) -> None:
    text = f"{HEADER}\n{row('csv', name)}\n"
    assert list(csv.DictReader(StringIO(text, newline=""))) == [
        {"path": name, "rank": "1", "class": "ants", "probability": "0.987654"},
        {"path": name, "rank": "2", "class": "Käfer", "probability": "0.012346"},
        {"path": name, "rank": "3", "class": "bees", "probability": "0.000000"},
    ]


def test_csv_has_no_formula_and_no_line_end_in_a_cell() -> None:
    found = row("csv", "=1+1\n.png", [("@SUM(A1)", 0.75), (ODD, 0.25)])
    assert list(csv.reader(StringIO(found, newline=""))) == [
        [r"'=1+1\n.png", "1", "'@SUM(A1)", "0.750000"],
        [r"'=1+1\n.png", "2", 'a, "b"\\n\\x1b[2J\udcff.png', "0.250000"],
    ]


@pytest.mark.parametrize("form", get_args(OutputFormat))
def test_no_row_ends_its_own_line(form: OutputFormat) -> None:
    assert not row(form).endswith("\n")


SURE = Decision(answered=True, ood=False, classes=["ants", "Käfer"])
UNSURE = Decision(answered=False, ood=True, classes=None)


def decided(form: OutputFormat, decision: Decision, layout: TableColumns) -> str:
    made = writer(form, ["ants", "bees", "Käfer"], layout)
    return made(Prediction("a.png", PIXELS, RANKED[:2], decision))


def test_the_table_says_what_is_unknown_and_the_sets() -> None:
    both = TableColumns(unknown=True, sets=True)
    classes = "ants    98.77%  Käfer    1.23%"
    assert decided("table", SURE, both) == f"         {classes}  {{ants, Käfer}}  a.png"
    assert decided("table", UNSURE, both) == f"unknown  {classes}  {{}}  a.png"
    assert decided("table", UNSURE, TableColumns()) == f"{classes}  a.png"


def test_json_has_no_answer_where_it_is_unknown() -> None:
    known, unknown = (json.loads(decided("jsonl", one, TableColumns())) for one in (SURE, UNSURE))
    assert (known["answer"], known["set"]) == ("ants", ["ants", "Käfer"])
    assert known["out_of_distribution"] is False
    assert (unknown["answer"], unknown["set"]) == (None, None)
    assert unknown["out_of_distribution"] is True


def test_csv_has_two_columns_more() -> None:
    def rows(decision: Decision) -> list[tuple[str, str]]:
        text = f"{HEADER}{DECIDED}\n{decided('csv', decision, TableColumns())}\n"
        return [(row["answered"], row["in_set"]) for row in csv.DictReader(StringIO(text))]

    one = SURE._replace(classes=["ants"])
    assert rows(one) == [("true", "true"), ("true", "false")]
    assert rows(SURE) == [("true", "true")] * 2
    assert rows(UNSURE) == [("false", "")] * 2
