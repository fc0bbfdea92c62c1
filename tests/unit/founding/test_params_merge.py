"""params.yaml after an upgrade: values are the user's, names and comments Reprise's."""

from reprise.founding.params_merge import Versions, merged, news

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
