"""Two texts of a module say the same where Python compiles the same code from both."""

import dis
from types import CodeType

import pytest

from tools.relocking.syntax import differing

CODE = '''\
"""A module."""

from typing import NamedTuple

RATE = 1000


class Net(NamedTuple):
    """A net."""

    width: int

    def forward(self, x: int) -> int:
        """Return the width."""
        return (x + self.width) * RATE


def helper(x: int) -> str:
    return f"{x} of {RATE}"
'''


def compiled(text: str) -> list[object]:
    """Return what Python makes of a text without docstrings, but for where its lines are."""
    found, todo = list[object](), [compile(text, "", "exec", optimize=2)]
    for code in todo:
        found += [
            (step.opname, step.argval)
            for step in dis.get_instructions(code)
            if step.opname != "NOP" and not isinstance(step.argval, CodeType)
        ]
        todo += [part for part in code.co_consts if isinstance(part, CodeType)]
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 1000", "RATE = 1_000  # a second"),
        ('"""A module."""\n', '"""Another.\n\nOf two lines.\n"""\n# And a comment.\n'),
        ('    """A net."""\n\n', ""),
        (
            "return (x + self.width) * RATE",
            "return (\n            (x + self.width)\n        ) * RATE",
        ),
        ('f"{x} of {RATE}"', "f'{x} of {RATE}'"),
        ("helper(x: int) -> str:", "helper(\n    x: int,\n) -> str:"),
        ('        """Return the width."""\n', "        'Another.'\n"),
    ],
)
def test_other_words_are_the_same(old: str, new: str) -> None:
    other = CODE.replace(old, new)
    assert other != CODE
    assert differing(CODE.encode(), other.encode()) == []
    assert compiled(other) == compiled(CODE)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("RATE = 1000", "RATE = 1001", ["lines outside of functions"]),
        ("RATE = 1000", "RATE = 1000.0", ["lines outside of functions"]),
        ("x + self", "x - self", ["Net.forward"]),
        ("width: int", "width: float", ["Net"]),
        ("x: int) -> int", "x: float) -> int", ["Net.forward"]),
        ("helper", "helped", ["helper", "helped"]),
        ('f"{x} of {RATE}"', 'f"{x} of  {RATE}"', ["helper"]),
        ("class Net(NamedTuple)", "@final\nclass Net(NamedTuple)", ["Net"]),
        ("from typing import NamedTuple", "import typing", ["lines outside of functions"]),
    ],
)
def test_other_code_is_named(old: str, new: str, named: list[str]) -> None:
    other = CODE.replace(old, new)
    assert other != CODE
    assert differing(CODE.encode(), other.encode()) == named


def test_definitions_of_one_name_are_not_confused() -> None:
    text = "def f():\n    return 1\n\n\ndef f():\n    return 2\n"
    swapped = text.replace("1", "0").replace("2", "1").replace("0", "2")
    assert differing(text.encode(), swapped.encode()) == ["f"]


def test_order_counts() -> None:
    text = "def f(): ...\ndef g(): ...\n"
    assert differing(text.encode(), b"def g(): ...\ndef f(): ...\n")


def test_a_string_that_is_no_docstring_counts() -> None:
    assert differing(b"A = 1\n'of A'\n", b"A = 1\n'of a'\n") == ["lines outside of functions"]


def test_what_is_no_python_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        differing(b"A = 1\n", b"<<<<<<< HEAD\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f(x):\n    # type: (int) -> int\n    ...\n", "def f(x):\n    ...\n"),
        ("x = []  # type: list[int]\n", "x = []  # type: list[str]\n"),
    ],
)
def test_a_type_in_a_comment_counts(old: str, new: str) -> None:
    assert differing(old.encode(), new.encode())


def test_what_type_checkers_ignore_is_a_comment() -> None:
    assert differing(b"x = 1  # type: ignore[misc]\n", b"# A line.\nx = 1\n") == []


def test_a_comment_that_only_looks_like_a_type_is_not_compared() -> None:
    with pytest.raises(SyntaxError, match="begins a comment"):
        differing(b"A = 1\n", b"A = 1\n# type: of things\nB = 1\n")
