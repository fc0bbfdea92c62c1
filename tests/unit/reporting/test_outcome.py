import pytest
import torch

from reprise.rule import NEVER, Rule
from stages.reporting.abstention import Sight
from stages.reporting.outcome import RuleOutcome
from stages.scores import interval

# Most probable: 0 at 0.7, 1 at 0.6, 0 at 0.5, 1 at 0.9; the second and the third are wrong.
SHARES = torch.tensor([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.1, 0.4], [0.05, 0.9, 0.05]])
SEEN = Sight(torch.log(SHARES), torch.tensor([0, 0, 2, 1]), 1.0)


def outcome(rule: Rule) -> RuleOutcome:
    return RuleOutcome(rule, SEEN, "test", SEEN)


def test_four_images_by_hand() -> None:
    found = outcome(Rule(0.6, 0.25, 1.0, "precision", 0.5, 0.1, 0.01)).scores
    low, high = interval(2, 3)
    covered_low, covered_high = interval(4, 4)
    assert found == pytest.approx(
        {
            "answered_share": 0.75,
            "answered_precision": 2 / 3,
            "answered_precision_low": low,
            "answered_precision_high": high,
            "set_coverage": 1.0,
            "set_coverage_low": covered_low,
            "set_coverage_high": covered_high,
            "mean_set_size": 6 / 4,
            "ood_share": 0.0,
        }
    )


def test_nothing_asked_for_is_no_score_and_no_sentence() -> None:
    assert outcome(Rule()).scores == {}
    assert outcome(Rule()).sentences() == []


def test_where_nothing_is_answered_there_is_no_precision() -> None:
    found = outcome(Rule(NEVER, None, None, "precision", 0.99))
    assert found.scores["answered_share"] == 0
    assert found.scores["answered_precision"] is None
    assert not any(name.startswith("answered_precision") for name in found.shown)
    (told,) = found.sentences()
    # From 0.9 on 1 of 1 right, from 0.7 on 2 of 2, from 0.6 on 2 of 3, from 0.5 on 2 of 4.
    assert told == (
        "Nothing is answered: for evaluate.abstain_target 0.99 (precision) the lower end of the "
        f"95 % interval of the precision counts, and val (4 images) shows {interval(2, 2)[0]:.2f} "
        "at most; lower evaluate.abstain_target, or give val more images."
    )


@pytest.mark.parametrize(
    ("rule", "texts"),
    [
        (
            Rule(0.6, None, None, "precision", 0.95),
            [
                "from a probability of 0.6 on, for evaluate.abstain_target 0.95 (precision), by",
                "On test it answers 75.0% of the images, and of these answers 66.7% (20.8% to 93.9",
            ],
        ),
        (Rule(0.6, None, None, "coverage", 0.75), ["by the share of val", "On test it answers"]),
        (
            Rule(0.0, None, 0.0, "coverage", 0.999, None, 0.1),
            ["still too few", "On test", "taken for out of"],
        ),
        (
            Rule(0.0, 0.25, None, "none", None, 0.1),
            [
                (
                    "promised for 90% of the images (evaluate.conformal_alpha 0.1). On test the "
                    "sets, of 1.50 classes on average, hold it for 100.0% (95 % interval 51.0% to "
                    "100.0%): the promise is kept."
                )
            ],
        ),
        (
            Rule(0.0, 0.0, None, "none", None, 0.1),
            ["too few images for evaluate.conformal_alpha 0.1"],
        ),
        (Rule(0.0, None, None, "none", None, None, 0.01), ["Nothing is out of distribution"]),
        (
            Rule(0.0, None, -0.1, "none", None, None, 0.01),
            ["it answers 0.0%", "above -0.1, as that of at most 0.01 of val is"],
        ),
    ],
)
def test_each_thing_has_its_sentence(rule: Rule, texts: list[str]) -> None:
    said = outcome(rule).sentences()
    assert len(said) == len(texts)
    for sentence, text in zip(said, texts, strict=True):
        assert text in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("held", "images", "said"),
    [
        (19, 20, "the promise is kept."),
        (18, 20, "a little less, but no more than chance explains."),  # to 97.2 %
        (42, 49, "the promise is missed. Either these images differ from those of val, to which "),
        (0, 20, "or 20 images of val are too few to keep it."),
    ],
)
def test_a_promise_of_sets_is_kept_or_missed(held: int, images: int, said: str) -> None:
    # Sets of classes with 0.6 or more: of the most probable alone, which is right `held` times.
    logits = torch.log(torch.tensor([[0.8, 0.2]])).repeat(images, 1)
    seen = Sight(logits, (torch.arange(images) >= held).long(), 1.0)
    rule = Rule(0.0, 0.6, None, "none", None, 0.05)
    (told,) = RuleOutcome(rule, seen, "test", seen).sentences()
    low, high = interval(held, images)
    assert f"{held / images:.1%} (95 % interval {low:.1%} to {high:.1%}): " in told
    assert said in told
    assert "promised for 95% of the images" in told
