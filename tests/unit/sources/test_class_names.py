import pytest

from stages.errors import UserError
from stages.sources import class_names

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("ants", "ants"),
        ("  ants\t", "ants"),
        (DECOMPOSED, COMPOSED),
        ("an\u00adts", "ants"),
        ("\ufeffants\u200b", "ants"),
        ("red\u00a0ant", "red ant"),
        ("red\nant", "red ant"),
        ("a\x1b[31mb", "a[31mb"),
        ("e\u034f\u0301", "\u00e9"),
        ("\u1100\u1161", "\uac00"),
        ("日本", "日本"),
        ("\ufb01sh", "\ufb01sh"),  # a ligature is seen: it stays
        ("]]><b>", "]]><b>"),
    ],
)
def test_a_name_has_one_normal_form(spelt: str, name: str) -> None:
    assert class_names.normalize_name(spelt) == name
    assert class_names.normalize_name(name) == name


@pytest.mark.parametrize(
    "spellings",
    [(COMPOSED, DECOMPOSED), ("ants", "ants "), ("red ant", "red\u00a0ant"), ("\u212b", "\u00c5")],
)
def test_what_differs_by_form_or_space_around_is_one_class(spellings: tuple[str, str]) -> None:
    assert len({*class_names.merge_spellings("source", spellings).values()}) == 1


@pytest.mark.parametrize(
    ("spellings", "shown"),
    [
        (("cafe", "cafe\u200b"), "cafe, cafe\\u200b (U+200B)"),
        (("Ants", "\uff21nts"), "Ants, \uff21nts (U+FF21)"),
        (("fish", "\ufb01sh"), "(U+FB01)"),
        (("ants", "an\u00adts"), "an\\xadts (U+00AD)"),
        (("ants", "Ants"), "Ants, ants"),
        (("Straße", "STRASSE"), "STRASSE, Straße"),
        (("red ant", "red  ant"), "red  ant, red ant"),
        (("A", "\uff21"), "A, \uff21"),
        (("x2", "x\u00b2"), "x2, x\u00b2"),
        (("\u2126hm", "\u03c9hm"), "\u03a9hm"),
        (("a\x07nts", "ants"), "a\\x07nts"),
    ],
)
def test_names_that_look_alike_are_refused(spellings: tuple[str, str], shown: str) -> None:
    with pytest.raises(UserError, match=r"^source: classes that look alike.*\n") as caught:
        class_names.merge_spellings("source", spellings)
    assert shown in str(caught.value)
    with pytest.raises(UserError, match=r"^source: classes that look alike"):
        class_names.number_repeated("source", spellings)


@pytest.mark.parametrize("names", [("A", "a"), ("ß", "s"), ("e", "é"), ("и", "й"), ("0", "O")])
def test_what_a_person_tells_apart_are_two_classes(names: tuple[str, str]) -> None:
    assert [*class_names.merge_spellings("source", names).values()] == [*names]


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u3164", "\x1b", "\t\n"])
def test_a_name_in_which_nothing_is_seen_is_refused(name: str) -> None:
    for check in (class_names.merge_spellings, class_names.number_repeated):
        with pytest.raises(UserError, match=r"^source: a class has a name in which nothing is se"):
            check("source", ["ants", name])


def test_what_is_left_out_of_a_name_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    class_names.merge_spellings("source", ["an\u200bts", "bees", "caf\u00e9"])
    said = "source: what is not seen is left out of classes: an\\u200bts (U+200B)\n"
    assert capsys.readouterr().err == said


def test_names_that_come_twice_are_numbered() -> None:
    names = ["crane", "dog", "crane", COMPOSED, DECOMPOSED, "crane"]
    assert class_names.number_repeated("source", names) == (
        ("crane", "dog", "crane (2)", COMPOSED, f"{COMPOSED} (2)", "crane (3)"),
        ["crane (2)", f"{COMPOSED} (2)", "crane (3)"],
    )


def test_a_number_makes_no_name_that_is_there() -> None:
    found, _ = class_names.number_repeated("source", ["crane", "crane (2)", "crane", "Crane (3)"])
    assert found == ("crane", "crane (2)", "crane (4)", "Crane (3)")
