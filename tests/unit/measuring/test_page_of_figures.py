import pytest
from making import ACCURACY, CONDITIONS, MEASURED, RATIO, failed, part
from markdown_it import MarkdownIt

from benchmarks.measuring import page
from benchmarks.measuring.measured import Measured, Part


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of all tables, as GitHub reads them."""
    found = list[list[list[str]]]()
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            found.append([])
        if token.type == "tr_open":
            found[-1].append([])
        if token.type == "inline" and found and token.level > 3:
            found[-1][-1].append(token.content)
    return found


def test_a_part_has_a_table_of_its_figures() -> None:
    overview, own = tables(page.rendered(MEASURED))
    assert own[1:] == [
        ["ratio", "`mnist_cnn.ratio`", "1.69 x", "1.60 to 1.70", "3"],
        ["ratio", "`mnist_cnn.accuracy`", "0.985", "± 0.007", "2"],
    ]
    assert overview[1][:2] == ["[mnist_cnn](#mnist_cnn)", "1.69 x (1.60 to 1.70)"]


def test_accuracies_of_both_and_of_other_packages_stand_beside_the_ratio() -> None:
    figures = {"ratio": RATIO, "usual_accuracy": ACCURACY, "ours_accuracy": ACCURACY}
    figures |= {"timm_ratio": RATIO, "timm_accuracy": ACCURACY}
    overview, _ = tables(page.rendered(Measured(parts={"photos": part(**figures)})))
    assert overview[1][2:] == [
        "0.985 ± 0.007",
        "0.985 ± 0.007",
        "timm 1.69 x (1.60 to 1.70), accuracy 0.985 ± 0.007",
    ]


def test_conditions_are_told_once_and_again_where_they_differ() -> None:
    other = part(ratio=RATIO).model_copy(
        update={"conditions": CONDITIONS.model_copy(update={"processor": "Sundial"})}
    )
    parts = {"one": part(ratio=RATIO), "two": other, "three": part(ratio=RATIO)}
    text = page.rendered(Measured(parts=parts))
    assert text.count("Abacus") == text.count("Sundial") == 1
    assert text.index("Abacus") < text.index("## one") < text.index("## two")
    assert text.index("## two") < text.index("Sundial") < text.index("## three")


def test_what_failed_and_what_is_absent_have_their_reason_whatever_is_in_it() -> None:
    absent = Part(state="not measured", reason="no data", seconds=0, conditions=CONDITIONS)
    parts = {"one": failed("<b>a | b"), "two": absent}
    first, second = tables(page.rendered(Measured(parts=parts)))
    assert first[1] == ["one", "&lt;b>a | b"]
    assert second[1] == ["two", "no data"]


def test_a_trial_says_that_it_is_one() -> None:
    quick = CONDITIONS.model_copy(update={"quick": True})
    trial = part(ratio=RATIO).model_copy(update={"conditions": quick})
    assert "mean nothing" in page.rendered(Measured(parts={"one": trial}))
    assert "mean nothing" not in page.rendered(MEASURED)


@pytest.mark.parametrize("found", [Measured(), Measured(parts={"one": failed("no")})])
def test_a_page_is_made_of_anything(found: Measured) -> None:
    assert page.rendered(found).startswith("# Measured")
