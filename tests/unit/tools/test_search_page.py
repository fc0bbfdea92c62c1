import re

import pytest
from studies import complete, large, study

from stages.reporting.page.charts import BOTTOM, LEFT, RIGHT, TOP
from tools.searching.parallel import parallel
from tools.searching.record import Found, SearchTrial
from tools.searching.search_charts import POINTS, curves, history, slices
from tools.searching.search_page import render, settings

DEFAULT, BEST, WORSE = complete(0, 0.5), complete(1, 0.9, lr=0.01), complete(2, 0.7, lr=0.1)
PRUNED = SearchTrial(3, "pruned", {"train.lr": 1.0}, None, [0.1, 0.2, 0.3], "p")
FAILED = SearchTrial(4, "failed", {"train.lr": 1.0}, None, [0.2], "", "no memory")
FOUND = study([DEFAULT, BEST, WORSE, PRUNED, FAILED])._replace(given={"train.lr": 0.001})


def across(share: float) -> str:
    return f"{LEFT + (0.04 + 0.92 * share) * (RIGHT - LEFT):.1f}"


def down(share: float) -> str:
    return f"{BOTTOM - (0.04 + 0.92 * share) * (BOTTOM - TOP):.1f}"


def test_the_history_by_hand() -> None:
    plot = history(FOUND)
    complete_, line, pruned, failed, default, best = plot.chart.lines
    assert not plot.beyond
    assert complete_ == f"M{across(2 / 4)},{down(0.5)}h0"
    assert default.startswith(f"M{across(0)},{down(0)}m")
    assert best.startswith(f"M{across(1 / 4)},{down(1)}m")
    assert pruned.startswith(f"M{across(3 / 4)},{down(0)}m"), "without a score: at the edge"
    assert failed.startswith(f"M{across(4 / 4)},{down(0)}m")
    corners = [(0, 0), (1 / 4, 0), (1 / 4, 1), (2 / 4, 1), (2 / 4, 1), (1, 1)]
    assert line == "M" + "L".join(f"{across(x)},{down(y)}" for x, y in corners)
    assert plot.chart.names == [
        *("3 complete", "best so far", "1 pruned", "1 failed", "default", "best")
    ]


def test_of_a_loss_the_line_goes_down_and_the_edge_is_up() -> None:
    found = FOUND._replace(maximize=False, best=DEFAULT, default=DEFAULT)
    _, line, pruned, *_, best = history(found).chart.lines
    assert {point.split(",")[1] for point in line[1:].split("L")} == {down(0)}
    assert pruned.startswith(f"M{across(3 / 4)},{down(1)}m")
    assert best.startswith(f"M{across(0)},{down(0)}m"), "drawn once, as the best"


def test_a_pruned_curve_ends_early_with_a_mark() -> None:
    complete_, none, pruned, failed, default, best, ends, plus = curves(FOUND).chart.lines
    assert none == ""
    assert [path.count("L") for path in (complete_, pruned, failed, default, best)] == [
        1,
        2,
        0,
        1,
        1,
    ]
    assert ends.count("M") == plus.count("M") == 1
    assert pruned.rsplit("L", 1)[1] == ends[1:].split("m")[0], "the mark is at its end"


def test_a_long_curve_is_thinned_and_keeps_both_ends() -> None:
    long = BEST._replace(curve=[number / 1000 for number in range(1000)])
    path = curves(study([long])).chart.lines[5]
    points = path[1:].split("L")
    assert len(points) <= POINTS + 1
    assert points[0].startswith(across(0))
    assert points[-1] == f"{across(1)},{down(1)}"


def test_a_slice_has_the_complete_trials_only() -> None:
    (plot,) = slices(FOUND._replace(logarithmic=("train.lr",)))
    dots, *others, default, best = plot.chart.lines
    assert others == ["", "", ""]
    # 0.001 to 1, of which 1 is that of trials without a score
    assert dots == f"M{across(2 / 3)},{down(0.5)}h0"
    assert default.startswith(f"M{across(0)},{down(0)}m"), "where params.yaml has it"
    assert best.startswith(f"M{across(1 / 3)},{down(1)}m")


def test_lines_of_parallel_coordinates() -> None:
    found = study(
        [complete(0, 0.5, a=0, b=1), complete(1, 0.9, a=1, b=0), complete(2, 0.5, a=1)]
    )._replace(importance={"train.a": 1.0})
    drawing = parallel(found)
    assert [pole.label for pole in drawing.poles] == ["b", "a", "Val accuracy"]
    assert [strand.share for strand in drawing.strands] == [0, 0, 1], "by rank, the best on top"
    assert [strand.path.count("L") for strand in drawing.strands] == [1, 2, 2]
    assert "trial 1, complete, 0.9000: train.a 1, train.b 0" in drawing.strands[-1].text


def test_a_pruned_trial_ends_before_the_score_and_a_failed_one_is_not_there() -> None:
    first, *others = parallel(FOUND).strands
    assert (first.state, first.share, first.path.count("L")) == ("pruned", None, 0)
    assert [strand.state for strand in others] == ["complete"] * 3


def test_the_parameters_of_the_best_and_of_params_yaml() -> None:
    (one,) = settings(FOUND._replace(ranges={"train.lr": "0.001 to 1"}))
    assert one == ("train.lr", "0.001 to 1", [0.001], [0.01], None)
    (unknown,) = settings(FOUND._replace(given={}, best=None))
    assert (unknown.default, unknown.best) == ([], [])


ODD = [
    study([]),
    study([FAILED]),
    study([PRUNED]),
    study([DEFAULT]),
    study([complete(0, None), complete(1, float("nan"), lr=float("inf"))]),
    study([BEST._replace(curve=[float("nan"), float("inf"), 0.5])]),
    study([complete(number, 0.5, lr=None) for number in range(1, 4)]),
    FOUND._replace(importance={"train.lr": 1.0}),
    large(200),
]


@pytest.mark.parametrize("found", ODD, ids=range(len(ODD)))
def test_every_study_has_a_page(found: Found) -> None:
    page = render(found, None)
    assert page.count("<h2>") >= 4
    assert page.count("<tr") == page.count("</tr>")
    assert not re.search(r"nan,|,nan|inf,|,inf|None", page)


def test_who_sees_no_colour_and_who_hears_the_page() -> None:
    page = render(large(), None)
    assert all(f'aria-label="{name}"' in page for name in ("Trials", "Parameters"))
    assert page.count('tabindex="0"') == 3, "what scrolls can be reached by keys"
    assert page.count("<svg") == page.count('role="img"') == 8
    assert "28 best" in page
    assert "pruned after 3" in page
    assert "stroke-dasharray" in page
