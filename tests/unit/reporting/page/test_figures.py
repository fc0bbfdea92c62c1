from contents import CONTENT, EMPTY

from stages.artifacts.report import Bar
from stages.reporting.page.charts import Series
from stages.reporting.page.figures import charts


def test_every_chart_with_data_is_drawn() -> None:
    found = {chart.title: chart.names for chart in charts(CONTENT)}
    assert found == {
        "Loss in training": ["train", "val"],
        "ROC": ["ant", "bee"],
        "Precision and recall": ["ant", "bee"],
        "Reliability": ["ant"],
        "Confidence": ["right", "wrong"],
        "Risk and coverage": ["risk"],
    }


def test_without_data_there_is_no_chart() -> None:
    assert charts(EMPTY) == []
    assert charts(EMPTY._replace(roc=[Series("ant", [])])) == []


def test_only_curves_with_a_meaning_on_it_have_a_diagonal() -> None:
    found = {chart.title for chart in charts(CONTENT) if chart.diagonal}
    assert found == {"ROC", "Reliability"}


def test_accuracy_is_drawn_where_the_history_has_it() -> None:
    history = [{"epoch": 1, "train_accuracy": 0.5, "val_accuracy": 0.25}]
    (chart,) = charts(EMPTY._replace(history=history))
    assert (chart.title, len(chart.lines)) == ("Accuracy in training", 2)
    assert [tick.text for tick in chart.ticks[0]] == ["1"]


def test_a_diverged_training_is_drawn_as_far_as_it_goes() -> None:
    history = [{"epoch": n, "train_loss": float("nan") if n > 2 else n} for n in (1, 2, 3)]
    (chart,) = charts(EMPTY._replace(history=history))
    assert chart.lines[0].count("L") == 1


def test_the_highest_bar_reaches_the_top() -> None:
    (chart,) = charts(EMPTY._replace(confidence=[Bar(0.25, 3, 0), Bar(0.75, 6, 6)]))
    right, wrong = (layer[1] for layer in chart.layers)
    assert wrong.y + wrong.height == right.y
    assert wrong.height == right.height > 0
    assert chart.layers[1][0].height == 0
    assert [tick.text for tick in chart.ticks[1]] == ["0", "5", "10"]


def test_bins_without_images_are_flat() -> None:
    (chart,) = charts(EMPTY._replace(confidence=[Bar(0.5, 0, 0)]))
    assert [bar.height for layer in chart.layers for bar in layer] == [0, 0]
