# ruff: noqa: RUF001  # names of other scripts, and the sign of a product
import re

import numpy as np
import pytest
from judging import EPOCHS, EXTREMES, background, judge, named, sources, usual
from sklearn.metrics import confusion_matrix
from toys import CARD

from stages.reporting.page.content import Content
from stages.reporting.page.page import render
from stages.reporting.page.presentation import present
from stages.reporting.results import Results
from stages.reporting.wordings import percent


def shown(judgement: Results) -> Content:
    return present(judgement, background(judgement))


@pytest.mark.parametrize(
    ("classes", "title"),
    [
        (("ants", "bees"), "ants and bees"),
        (tuple("abcd"), "a, b, c and d"),
        (tuple("abcde"), "Images of 5 classes"),
        (named(1004), "Images of 1,004 classes"),
    ],
)
def test_the_title_names_the_classes(classes: tuple[str, ...], title: str) -> None:
    judgement = judge(np.ones((1, len(classes))), [0], classes)
    content = shown(judgement)
    assert content.dataset == title
    assert content.title == f"{title} · cnn, 2 epochs"


def test_a_data_set_with_a_name_goes_by_it() -> None:
    judgement = usual(2, 6)
    content = present(judgement, background(judgement)._replace(sources=sources()))
    assert content.title == "Toys · cnn, 2 epochs"
    assert next(fact.name for fact in content.data) == "data set"


def test_on_top_are_network_images_and_epochs() -> None:
    content = shown(usual(2, 6))
    assert content.facts == {"network": "cnn", "images": "5 × 4 pixels", "epochs": len(EPOCHS)}
    assert content.history[1]["val_accuracy"] == 1.0
    assert content.params["training"] == {"lr": 0.01}
    assert content.params["network"]["network"] == "cnn"
    assert "architecture" not in content.params["network"]


def test_a_network_of_torchvision_goes_by_its_architecture() -> None:
    network = CARD.network.model_copy(update={"network": "torchvision"})
    judgement = usual(2, 4)
    judgement.card = judgement.card.model_copy(update={"network": network})
    assert shown(judgement).facts["network"] == "resnet18"


def test_images_of_a_class_are_counted_by_split() -> None:
    content = shown(usual(2, 7))
    assert content.counts == {"train": 4, "val": 2, "test": 7}
    assert list(content.counts) == ["train", "val", "test"]
    assert [tuple(row.images) for row in content.classes] == [(2, 1, 4), (2, 1, 3)]


@pytest.mark.parametrize("classes", [2, 40])
def test_every_pair_that_met_is_there_also_of_many_classes(classes: int) -> None:
    judgement = usual(classes, 400)
    labels, predicted = judgement.split.labels, judgement.predictions.predicted
    expected = confusion_matrix(labels, predicted)
    found = {(actual, said): n for actual, said, n in shown(judgement).confusion}
    assert found == {
        (int(i), int(j)): expected[i, j] for i, j in zip(*np.nonzero(expected), strict=True)
    }


def test_a_bin_of_few_images_is_not_drawn() -> None:
    sure, unsure = [9.0, 0.0], [1.0, 0.0]
    judgement = judge(np.array([sure] * 5 + [unsure] * 4), [0, 0, 0, 0, 1, 0, 0, 0, 0])
    after, before = shown(judgement).reliability
    assert re.match(r"calibrated, off by \d", after.name)
    assert re.match(r"uncalibrated, off by \d", before.name)
    # Softmax of two logits, of which one is 0, is the logistic function; the temperature is 2.
    for series, logit in ((after, 4.5), (before, 9.0)):
        ((confidence, accuracy),) = series.points
        assert confidence == pytest.approx(1 / (1 + np.exp(-logit)))
        assert accuracy == 0.8


def test_without_a_temperature_there_is_one_curve_of_reliability() -> None:
    judgement = usual(2, 60)
    judgement.card = judgement.card.model_copy(update={"temperature": 1.0})
    (curve,) = shown(judgement).reliability
    assert curve.name.startswith("as trained, off by ")


def test_each_class_has_its_curve_and_each_image_its_bar() -> None:
    content = shown(usual(3, 60))
    names = ["macro average", "class 0", "class 1", "class 2"]
    assert [series.name for series in content.roc] == names
    assert [series.name for series in content.precision_recall] == names
    assert content.roc[1].points[0] == (0, 0)
    assert content.roc[1].points[-1] == (1, 1)
    assert sum(one.right + one.wrong for one in content.confidence) == 60
    middles = [one.confidence for one in content.confidence]
    assert middles == [pytest.approx((n + 0.5) / 20, abs=1e-9) for n in range(20)]


@pytest.mark.parametrize("name", EXTREMES)
def test_the_page_stays_right_and_small(name: str) -> None:
    judgement = EXTREMES[name]()
    html = render(shown(judgement))
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf|undefined)\b|other classes", text)
    assert percent(judgement.report.scores["accuracy"] or 0) in text
    assert f"{len(judgement.split.labels):,}  images in test" in text
    assert len(html) < 2_000_000


def test_the_page_says_when_calibration_did_harm() -> None:
    # All right with a margin of 2; divided by the temperature, 2, they are less sure of it.
    worse, better = (judge(np.array([[2.0, 0.0]] * 6), labels) for labels in ([0] * 6, [0, 1] * 3))
    assert "worse for it" in shown(worse).calibration
    assert "worse for it" not in shown(better).calibration
