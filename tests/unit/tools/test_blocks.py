import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.status_line import columns
from tools.listing.blocks import LEAST, Column, blocks, folds

NAMES = Column("experiment", ["main", "  lower"])
TABLE = [
    NAMES,
    Column("accuracy", ["0.9889", "0.9639"], is_number=True),
    Column("lr", ["0.005", "0.001"]),
    Column("hidden", ["[256, 128]", "[]"]),
]


def test_what_fits_is_one_block_with_numbers_below_each_other() -> None:
    assert [*blocks(TABLE, 80)] == [
        "experiment  accuracy  lr     hidden",
        "main          0.9889  0.005  [256, 128]",
        "  lower       0.9639  0.001  []",
    ]


def test_what_does_not_fit_is_in_the_next_block_with_the_names_again() -> None:
    assert [*blocks(TABLE, 30)] == [
        "experiment  accuracy  lr",
        "main          0.9889  0.005",
        "  lower       0.9639  0.001",
        "",
        "experiment  hidden",
        "main        [256, 128]",
        "  lower     []",
    ]


def test_a_value_wider_than_the_terminal_goes_on_below() -> None:
    table = [Column("experiment", ["main"]), Column("weights", ["models/source/a-long-name.pth"])]
    assert [*blocks(table, 32)] == [
        "experiment  weights",
        "main        models/source/a-long",
        "            -name.pth",
    ]


def test_without_a_width_it_is_one_block() -> None:
    wide = [NAMES, *(Column(f"parameter_{n}", ["a" * 30, "b"]) for n in range(20))]
    assert len([*blocks(wide, 0)]) == 3


@pytest.mark.parametrize("width", [0, 5, 80])
def test_names_alone_are_a_table(width: int) -> None:
    assert [line.strip() for line in blocks([Column("a", ["b"])], width)] == ["a", "b"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "M", "Z")), max_size=50)
TABLES = st.integers(1, 4).flatmap(
    lambda rows: st.lists(
        st.builds(
            Column, TEXTS, st.lists(TEXTS, min_size=rows, max_size=rows), is_number=st.booleans()
        ),
        min_size=1,
        max_size=12,
    )
)


@given(TABLES, st.integers(2 * LEAST + 2, 200))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(
    table: list[Column], width: int
) -> None:
    lines = [*blocks(table, width)]
    assert all(columns(line) <= width for line in lines)
    said = sorted("".join(lines).replace(" ", ""))
    repeats = 1 + sum(not line for line in lines) // 1
    first, *rest = table
    letters = "".join((first.header, *first.cells)) * repeats
    letters += "".join("".join((one.header, *one.cells)) for one in rest)
    if all(first.cells) and first.header:  # else an empty line may be of the table itself
        assert said == sorted(letters)


@given(TEXTS, st.integers(2, 30))
def test_folded_parts_are_the_text(text: str, width: int) -> None:
    parts = folds(text, width)
    assert "".join(parts) == text
    assert all(columns(part) <= width for part in parts)
