"""Values of the command line: YAML reads each back as what was meant, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reprise.founding.parameter_lines import Value, values, with_values
from reprise.founding.plumbing import FoundingError
from reprise.founding.yaml_value import as_yaml

TEXT = "a:\n  b: 1  # one\n  c: 2\n"


def read_back(given_text: str) -> object:
    made = with_values(TEXT, {"a.b": Value(as_yaml(given_text))})
    assert values(made).keys() == {"a.b", "a.c"}
    loaded = YAML(typ="safe", pure=True).load(made)["a"]
    assert loaded.keys() == {"b", "c"}
    assert loaded["c"] == 2
    return loaded["b"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("3", 3), ("-0.5", -0.5), ("1e-3", 0.001), (".5", 0.5), ("true", True), ("NULL", None)),
        *(("cnn", "cnn"), (" cnn ", "cnn"), ("@x", "@x"), ("a: b", "a: b"), ("=abc", "=abc")),
        *(("a # b", "a # b"), ("#", "#"), ("- a", "- a"), ("*", "*"), ("&a", "&a"), ("%", "%")),
        *(("!x", "!x"), ("?", "?"), ("|", "|"), (">", ">"), ("`", "`"), ("a:", "a:"), ("-", "-")),
        *(("no", "no"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("0x1", "0x1")),
        *((r"^(\w+)_\d", r"^(\w+)_\d"), ("größe", "größe"), ("...", "..."), ("---", "---")),
        *(("'3'", "3"), ('"a: b"', "a: b"), ('""', ""), ("'it''s'", "it's")),
        *(("[]", []), ("[3]", [3]), ("[onnx, int8]", ["onnx", "int8"]), ("[a b,@]", ["a b", "@"])),
        *(("[[1, 2], ['a, b', null]]", [[1, 2], ["a, b", None]]), ("[a: b]", ["a: b"])),
    ],
)
def test_a_value_is_read_back_as_meant(text: str, meant: object) -> None:
    found = read_back(text)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "[",
            "[a",
            "[a]]",
            "[a] b",
            "[,]",
            "[a,]",
            "[a,,b]",
            "[a][b]",
            "[a]b",
        ),
        *("{", "{a: 1}", "[{a: 1}]", '"', '"a', "'", "'a", "'a' b", '"a" # c', r'"\q"', '["a'),
        *("1\n  seed: 5", "a\tb", "\x00", "\x7f", "\x85", "\udc80"),
    ],
)
def test_what_is_no_one_value_is_refused(text: str) -> None:
    with pytest.raises(FoundingError):
        as_yaml(text)


@given(st.text(min_size=1) | st.text("[]{}'\",:# \\a1-", min_size=1))
def test_any_text_is_one_value_or_refused(text: str) -> None:
    try:
        as_yaml(text)
    except FoundingError:
        return
    found = read_back(text)
    if text.strip()[0] not in "[\"'" and isinstance(found, str):
        assert found == text.strip()
