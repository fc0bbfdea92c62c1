"""Labels in the names of files, against Python's own regular expressions."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import packed, params, plant, seen, store

from stages.artifacts.raw import Raw
from stages.download import download
from stages.errors import UserError
from stages.sources import combined
from stages.sources.name_labels import NO_LABEL, match
from stages.sources.store import Store

PETS = r"([^/]+)_\d+\.jpg$"


def load(source: Store, pattern: str = PETS) -> Raw:
    return combined.load(source, params(label_pattern=pattern))


def test_the_first_group_is_the_label() -> None:
    found = load(store("images/Abyssinian_1.jpg", "images/great_dane_12.jpg", "pug_3.jpg"))
    assert found.classes == ("Abyssinian", "great_dane", "pug")
    assert seen(found)["train"]["images/great_dane_12.jpg"] == "great_dane"


def test_the_group_called_label_is_the_label() -> None:
    found = load(store("7_ant.jpg", "8_bee.jpg"), r"^(?P<number>\d+)_(?P<label>.+)\.jpg$")
    assert found.classes == ("ant", "bee")


def test_the_group_called_label_may_be_written_without_p() -> None:
    found = load(store("7_ant.jpg", "8_bee.jpg"), r"^(?<number>\d+)_(?<label>.+)\.jpg$")
    assert found.classes == ("ant", "bee")


def test_folders_tell_the_split() -> None:
    found = load(store("seg_train/a_1.jpg", "seg_train/b_2.jpg", "seg_test/x/a_3.jpg"))
    assert seen(found) == {
        "train": {"seg_train/a_1.jpg": "a", "seg_train/b_2.jpg": "b"},
        "test": {"seg_test/x/a_3.jpg": "a"},
    }


def test_a_file_that_does_not_match_is_named() -> None:
    with pytest.raises(UserError) as caught:
        load(store("a_1.jpg", "b.jpg", "c\n_x.png"))
    assert "which these files do not match" in str(caught.value)
    assert "\nb.jpg\nc\\n_x.png" in str(caught.value)


def test_texts_that_do_not_match_are_counted() -> None:
    found = load(store("a_1.jpg", "b_1.jpg", "README.md", "a_1.mat"))
    assert found.passed_over == {NO_LABEL: 2}
    assert found.examples == {NO_LABEL: ["README.md", "a_1.mat"]}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing )"),
        (r"a_\d", r"has no group, as (a_\d) would; expected is"),
        ("ants|bees", "is ants|bees: has no group, as (ants|bees) would"),
        (r"(a)\1", r"invalid escape sequence: \\1"),
        (r"(?=a)(.)", "invalid perl operator"),
        (r"(?P<label>a)(b)", "unnamed groups"),
        ("(a))(", "unexpected )"),
        (r"(a)\Q", "does not end"),
        (r"(?P<label>a)_(?P<label>.)", "two groups have one name"),
        (r"(?P<label>a)_|(?P<label>b)_", "two groups have one name"),
    ],
)
def test_what_is_no_expression_with_a_group_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(store("a_1.jpg"), pattern)
    assert "params.yaml: download.label_pattern is" in str(caught.value)
    assert said.replace("\\\\", "\\") in str(caught.value)


@pytest.mark.parametrize("pattern", [r"(.+)_\d+\.jpg$", r"x/(a?)_?\d"])
def test_a_label_is_not_empty_and_holds_no_slash(pattern: str) -> None:
    with pytest.raises(UserError, match=r"for `\(\.\+\)` write `\(\[\^/\]\+\)`:\nx/"):
        load(store("x/a_1.jpg", "x/2_1.jpg"), pattern)


def test_splits_that_are_not_clear_are_refused() -> None:
    with pytest.raises(UserError, match=r"in no split, beside others in splits.*\na_1.jpg"):
        load(store("a_1.jpg", "train/b_2.jpg", "test/b_3.jpg"))
    with pytest.raises(UserError, match="folders of two splits"):
        load(store("train/test/b_2.jpg"))
    with pytest.raises(UserError, match="holds no image"):
        load(store())


@pytest.mark.parametrize("pattern", [r"((?:a+)+)b$", r"((?:a|a)*)b$", r"(a*a*a*a*a*a*)b$"])
def test_no_expression_takes_for_ever(pattern: str) -> None:
    """Python's own takes a time beyond measure for these."""
    assert match(["a" * 4000] * 100, pattern) == [None] * 100


@given(
    st.lists(st.from_regex(r"\A[a-c/_1]{1,8}(\.jpg)?\Z"), max_size=5),
    st.sampled_from([PETS, "(a|b)", "(?:(a)|b)c*", "_(.*?)1", "^(.)", "(.)$", "(?i)(A)_", "()"]),
)
def test_the_label_is_what_python_finds(names: list[str], pattern: str) -> None:
    found = [re.search(pattern, name) for name in names]
    assert match(names, pattern) == [one and (one[1] or "") for one in found]


def test_other_layouts_have_no_labels_in_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plant(Path("data/source"), {"a_1.jpg": b"1", "a_1.txt": b"a"})
    with (
        pytest.raises(UserError, match=r"label_pattern is for dataset folder, but .* is pairs"),
        download(params(dataset="pairs", label_pattern=PETS)),
    ):
        pass
    assert packed({"a_1.jpg": b"1"}).names() == ["a_1.jpg"]
