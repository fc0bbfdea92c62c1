from pathlib import Path

import pytest
from making import MEASURED

from docs import figures
from stages.errors import UserError


def mark(key: str, text: str) -> str:
    return f"{figures.OPEN}{key}-->{text}{figures.CLOSE}"


def test_every_figure_of_a_line_is_filled_in_and_all_else_stays() -> None:
    old = f"| a | {mark('mnist_cnn.ratio', '9.9')}x of {mark('mnist_cnn.ratio.n', '')} |\r\n\nb\n"
    new = f"| a | {mark('mnist_cnn.ratio', '1.69')}x of {mark('mnist_cnn.ratio.n', '3')} |\r\n\nb\n"
    assert figures.filled(old, MEASURED) == new
    assert figures.filled(new, MEASURED) == new


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n" + mark("mnist_cnn.ratoi", "1"), "line 2: mnist_cnn.ratoi is no figure"),
        (mark("", "1"), "line 1: .* begins no figure"),
        (f"{figures.OPEN}mnist_cnn.ratio-->1.69", "line 1: .* begins no figure"),
        (f"{figures.OPEN}mnist_cnn.ratio-->1\n{figures.CLOSE}", "line 1: .* begins no figure"),
        (
            f"{figures.OPEN}mnist_cnn.ratio-->{mark('mnist_cnn.ratio', '1')}",
            "line 1: .* begins no figure",
        ),
    ],
)
def test_what_is_no_figure_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        figures.filled(text, MEASURED)


def test_a_document_that_differs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("README.md").write_text(mark("mnist_cnn.ratio", "1.69"), encoding="utf-8")
    assert [*figures.outdated(MEASURED)] == []
    Path("docs/a.md").write_text(mark("mnist_cnn.ratio", "1.70"), encoding="utf-8")
    assert [*figures.outdated(MEASURED)] == [(Path("docs/a.md"), mark("mnist_cnn.ratio", "1.69"))]
