"""params.yaml after an upgrade: values are the user's, names and comments Reprise's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reprise.founding.parameter_lines import Versions
from reprise.founding.params_merge import merged, news

BASE = """\
# Knobs.

train:
  epochs: 20            # passes
  lr: 0.1               # learning rate
  old: 1                # will go
  filters: [1, 2]       # widths

evaluate:
  split: test           # which
"""


def test_values_stay_and_comments_are_the_newer() -> None:
    ours = BASE.replace("epochs: 20  ", "epochs: 5   ").replace("[1, 2]", "[3]   ")
    theirs = BASE.replace("# passes", "# epochs").replace("lr: 0.1 ", "lr: 0.2 ")
    theirs = theirs.replace("# learning rate", "# rate").replace("# Knobs.", "# All knobs.")
    expected = ours.replace("# passes", "# epochs").replace("# learning rate", "# rate")
    assert merged(Versions(BASE, ours, theirs)) == expected.replace("# Knobs.", "# All knobs.")


def test_new_parameters_come_and_those_that_are_gone_go() -> None:
    ours = BASE.replace("old: 1 ", "old: 7 ").replace("lr: 0.1", "lr: 0.9")
    new = "  warmup: 2             # rises\n"
    theirs = BASE.replace("  old: 1                # will go\n", new)
    made = merged(Versions(BASE, ours, theirs))
    assert made == theirs.replace("lr: 0.1", "lr: 0.9")
    assert sorted(news(Versions(BASE, ours, theirs))) == [
        "train.old is gone; it was 7",
        "train.warmup is new: 2",
    ]


def test_a_default_that_changes_is_told_and_not_taken() -> None:
    theirs = BASE.replace("lr: 0.1", "lr: 0.2")
    of = Versions(BASE, BASE, theirs)
    assert merged(of) == BASE
    assert [*news(of)] == ["train.lr stays 0.1; Reprise begins with 0.2 now"]


def test_what_the_user_has_set_to_the_new_default_is_no_news() -> None:
    theirs = BASE.replace("lr: 0.1", "lr: 0.2")
    assert [*news(Versions(BASE, theirs, theirs))] == []


def test_parameters_and_comments_of_the_user_stay() -> None:
    own = "  # Mine: of March.\n  mine: 3               # of my network\n"
    ours = BASE.replace("  filters", f"{own}  filters").replace("# passes", "# as many as I like")
    theirs = BASE.replace("# widths", "# filters").replace("# passes", "# epochs")
    assert merged(Versions(BASE, ours, theirs)) == ours.replace("# widths", "# filters")


def test_a_list_of_several_lines_stays() -> None:
    ours = BASE.replace("filters: [1, 2]       # widths", "filters:              # widths\n    - 7")
    theirs = BASE.replace("# widths", "# of blocks").replace("lr: 0.1 ", "lr: 0.3 ")
    made = merged(Versions(BASE, ours, theirs))
    assert "  filters:              # of blocks\n    - 7\n\nevaluate:" in made
    assert "lr: 0.1 " in made


def test_a_section_that_is_new_comes() -> None:
    theirs = BASE + "\nexport:\n  formats: [onnx]       # to write\n"
    ours = BASE.replace("split: test ", "split: val  ")
    assert merged(Versions(BASE, ours, theirs)) == theirs.replace("split: test ", "split: val  ")


@pytest.mark.parametrize("own", ["  # Mine.\n", "\n", "  mine: 3               # my own\n"])
def test_a_parameter_that_is_new_beside_a_line_of_the_user_comes(own: str) -> None:
    ours = BASE.replace("  lr:", f"{own}  lr:").replace("lr: 0.1 ", "lr: 0.9 ")
    knob = "  knob: 5               # new\n"
    made = merged(Versions(BASE, ours, BASE.replace("  lr:", f"{knob}  lr:")))
    assert made == BASE.replace("lr: 0.1 ", "lr: 0.9 ").replace("  lr:", f"{knob}{own}  lr:")


def test_a_parameter_that_is_gone_beside_a_line_of_the_user_goes() -> None:
    ours = BASE.replace("  old:", "  # Mine.\n  old:").replace("# will go", "# I like it")
    made = merged(Versions(BASE, ours, BASE.replace("  old: 1                # will go\n", "")))
    assert "old" not in made
    assert "  # Mine.\n" in made


def test_a_parameter_that_the_user_took_out_stays_out_where_it_is_moved() -> None:
    moved = "  lr: 0.1               # learning rate\n"
    theirs = BASE.replace(moved, "").replace("  filters", f"{moved}  filters")
    ours = BASE.replace(moved, "")
    assert merged(Versions(BASE, ours, theirs)) == ours


LEAVES = ["a", "b", "c", "d", "e"]
FILES = st.lists(
    st.tuples(st.sampled_from(LEAVES), st.booleans()), unique_by=lambda one: one[0]
).flatmap(lambda leaves: st.tuples(st.just(leaves), st.integers(0, len(leaves))))


def written(leaves: list[tuple[str, bool]], split: int, whose: str) -> str:
    """Return a file of two sections, some lines with a comment above them."""
    rows = [f"  {name}: {whose}-{name}  # {whose}\n" for name, _ in leaves]
    rows = [
        f"  # {whose}: {name}\n{row}" if above else row
        for (name, above), row in zip(leaves, rows, strict=True)
    ]
    heads = ("train:\n" if split else "", "test:\n" if split < len(leaves) else "")
    return heads[0] + "".join(rows[:split]) + heads[1] + "".join(rows[split:])


def flat(text: str) -> dict[str, str]:
    sections = YAML(typ="safe", pure=True).load(text) or {}
    return {f"{one}.{key}": value for one, keys in sections.items() for key, value in keys.items()}


@given(st.tuples(FILES, FILES, FILES))
def test_what_is_merged_has_all_of_the_user_and_all_that_is_new(files: tuple[Any, ...]) -> None:
    of = Versions(
        *(
            written(one[0], one[1], whose)
            for one, whose in zip(files, Versions._fields, strict=True)
        )
    )
    base, ours, theirs = map(flat, of)
    gone = {*base} & {*ours} - {*theirs}
    kept = {name: value for name, value in ours.items() if name not in gone}
    new = {name: theirs[name] for name in {*theirs} - {*base} - {*ours}}
    made = merged(of)
    lines = [line for line in made.splitlines() if line.split(":")[0] not in {"train", "test"}]
    assert flat(_without_empty(made)) == kept | new, lines


def _without_empty(text: str) -> str:
    """Return the text without sections that have lost all parameters."""
    loaded = YAML(typ="safe", pure=True).load(text) or {}
    for section in [name for name, keys in loaded.items() if not keys]:
        text = text.replace(f"{section}:\n", "")
    return text
