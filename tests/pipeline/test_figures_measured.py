"""Figures of documents are those of docs/measured.json, as `make bench` wrote it."""

from benchmarks.measuring import measured, page
from docs import figures


def test_no_figure_of_a_document_differs_from_what_was_measured() -> None:
    """Unknown keys, and figures that have no end, raise with document and line."""
    found = [str(path) for path, _ in figures.outdated(measured.read())]
    assert not found, f"{', '.join(found)}: run `make figures`"


def test_the_page_is_that_of_the_figures() -> None:
    text = measured.PATH.with_suffix(".md").read_text(encoding="utf-8")
    assert text == page.rendered(measured.read()), "run `make bench`"
