import pytest

from stages.reporting.page.page import ScoreCard, cards, figure, label, others

SCORES = {
    "macro_f1": 0.5,
    "accuracy": 0.9,
    "ci_low": 0.8,
    "ci_high": 0.95,
    "loss": 1 / 3,
    "kappa": None,
    "a_new_score": 0.25,
}


def test_known_scores_have_cards_in_a_fixed_order() -> None:
    assert cards(SCORES) == [
        ScoreCard("Loss", "0.333", "cross-entropy, in nats per image: 0 is perfect"),
        ScoreCard("Macro F1", "0.500", "precision and recall in one, mean over classes"),
    ]


def test_every_other_score_is_listed_but_the_headline() -> None:
    assert others(SCORES) == [
        ScoreCard("A new score", "0.250", ""),
        ScoreCard("Cohen's kappa", "n/a", ""),
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("macro_roc_auc", "Macro ROC AUC"),
        ("ece_uncalibrated", "Calibration error uncalibrated"),
        ("matthews", "Matthews' correlation"),
        ("top_5_accuracy", "Top 5 accuracy"),
    ],
)
def test_names_become_words(name: str, shown: str) -> None:
    assert label(name) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("loss", 12.3456, "12.346"),
        ("balanced_accuracy", 0.98765, "98.8 %"),
        ("top_5_accuracy", 1.0, "100.0 %"),
        ("matthews", -0.1, "-0.100"),
        ("macro_roc_auc", None, "n/a"),
        ("macro_roc_auc", 0.9998, "> 0.999"),
    ],
)
def test_figures_are_short(name: str, value: float | None, shown: str) -> None:
    assert figure(name, value) == shown
