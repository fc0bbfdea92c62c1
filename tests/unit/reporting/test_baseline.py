"""The majority class, against scikit-learn's DummyClassifier, and what is said of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import background, judge, perfect, sources
from pydantic import JsonValue
from sklearn.dummy import DummyClassifier
from toys import CARD

from stages.artifacts import report
from stages.artifacts.classifier import Card
from stages.artifacts.cleaned import CleaningCounts
from stages.reporting.baseline import Baseline, advice, balance, duplicates, majority
from stages.reporting.page.page import render
from stages.reporting.page.presentation import present
from stages.scores import interval

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=40)
NAMES = tuple("abcde")


def scores(right: int, images: int) -> dict[str, float | None]:
    low, high = interval(right, images)
    return {"accuracy": right / images, "ci_low": low, "ci_high": high}


@given(LABELS, LABELS)
def test_the_baseline_is_that_of_scikit_learn(train: list[int], judged: list[int]) -> None:
    dummy = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(train), 1)), train)
    found = majority(NAMES, np.array(train), np.array(judged))
    assert found.name == NAMES[dummy.predict(np.zeros((1, 1)))[0]]
    assert found.accuracy == dummy.score(np.zeros((len(judged), 1)), judged)


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (51, "Not shown to be better than always answering ants"),
        (60, "Not shown to be better"),  # 95 % interval from 50.2 %
        (61, ""),  # from 51.2 %
        (100, ""),
        (42, "Not shown to be better"),  # to 51.8 %
        (41, "Worse than always answering ants"),  # to 50.8 %
    ],
)
def test_an_interval_that_reaches_the_baseline_is_no_result(right: int, said: str) -> None:
    found = Baseline("ants", 0.51).remark(scores(right, 100))
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_51_percent_beside_a_baseline_of_51_percent_is_told_on_the_page() -> None:
    labels = np.array([0] * 51 + [1] * 49)
    judgement = judge(np.tile([1.0, 0.0], (100, 1)), labels, ("ants", "bees"))
    content = present(judgement, background(judgement))
    text = " ".join(re.sub(r"<[^>]*>|&nbsp;", " ", render(content)).split())
    assert "Not shown to be better than always answering ants" in text
    assert "is right for 51.0 %, and the 95 % interval of the accuracy is 41.3 % to 60.6 %." in text
    assert "Accuracy 51.0 %" in text
    assert "51.0 % by always answering ants" in text


def of_photographs(channels: int = 3, **training: JsonValue) -> Card:
    interface = CARD.interface.model_copy(update={"channels": channels})
    return CARD.model_copy(update={"interface": interface, "training": training})


@pytest.mark.parametrize(
    ("card", "images", "advised"),
    [
        (of_photographs(weights="none"), 196, True),
        (of_photographs(weights="none"), 1001, False),
        (of_photographs(weights="default"), 196, False),
        (of_photographs(weights="none", channels=1), 196, False),
        (of_photographs(), 196, False),  # of a file that does not tell
    ],
)
def test_random_weights_and_few_photographs_get_advice(
    card: Card, images: int, *, advised: bool
) -> None:
    advice_given = advice(card, images)
    assert ("recipe photos_finetune" in advice_given) == advised
    found = Baseline("ants", 0.51, advice_given)
    assert found.remark(scores(51, 100)).endswith(f"60.6%. {advice_given}".rstrip())
    assert found.remark(scores(100, 100)) == ""


def test_a_result_has_no_warning() -> None:
    html = render(present(perfect(), background(perfect())))
    assert "Not shown to be better" not in html
    assert "25.0&nbsp;% by always answering class 0" in html


def test_the_page_tells_a_cleaning() -> None:
    counts = CleaningCounts(
        tables=("data/cleaning/r.csv",), excluded=13, relabelled={"train": 0, "val": 0, "test": 4}
    )
    html = render(present(perfect(), background(perfect())._replace(sources=sources(counts))))
    told = "By data/cleaning/r.csv, 13 images were left out and 4 got another label (4 in test)."
    assert told in html
    plain = background(perfect())._replace(sources=sources(None))
    assert "data/cleaning" not in render(present(perfect(), plain))


def test_the_baseline_is_among_the_scores(tmp_path: Path) -> None:
    report.write(Baseline("ants", 0.51).beside(perfect().report), tmp_path)
    written = json.loads((tmp_path / report.SCORES).read_text())
    assert written["more"][0]["baseline"] == 0.51


def test_the_stage_prints_the_baseline_or_the_warning() -> None:
    baseline = Baseline("ants", 0.51)
    assert baseline.summary(scores(90, 100)) == ["accuracy of always answering ants: 0.5100"]
    assert baseline.summary(scores(51, 100))[0].startswith("Not shown")


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ([0] * 3 + [1], "a, has 75.0%, the smallest, b, 25.0%: 3 to 1."),
        ([0, 1, 2, 3, 4], "Of train, every class has 20.0%."),
        ([0, 0], "Of train, every class has 100.0%. 4 classes have no image there."),
        ([4] * 999 + [2], "e, has 99.9%, the smallest, c, 0.1%: 999 to 1. 3 classes have no"),
    ],
)
def test_the_balance_of_the_classes_is_told(train: list[int], said: str) -> None:
    assert said in balance(NAMES, np.array(train))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, []),
        ({"train_and_test": 0}, ["No image of train has the same pixels as one of test.", "Only"]),
        ({"train_and_test": 5, "dropped": 0}, ["5 images of train have the same pixels", "Only"]),
        ({"train_and_test": 5, "dropped": 7}, ["5 images of train had the pixels", "Only"]),
        ({"train_and_val": 5, "contradictory": 2}, ["No image", "Only", "2 times the same"]),
    ],
)
def test_duplicates_are_told(found: dict[str, int], said: list[str]) -> None:
    lines = [*duplicates(found, "test")]
    assert [line.startswith(start) for line, start in zip(lines, said, strict=True)] == [
        True for _ in said
    ]
