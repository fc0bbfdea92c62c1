import pytest

from stages.reporting.calibration import calibration_remark


def scores(temperature: float | None, loss: float, before: float) -> dict[str, float | None]:
    return {"temperature": temperature, "loss": loss, "loss_uncalibrated": before}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            scores(1.5, 0.25, 0.5),
            (
                "Probabilities are softmax(logits / 1.5), the temperature chosen on val: the loss "
                "on test is 0.25, and without temperature 0.5."
            ),
        ),
        (
            scores(0.05, 2.5, 0.5),
            (
                "Probabilities are softmax(logits / 0.05), the temperature chosen on val. On test "
                "they are worse for it: the loss is 2.5, and without temperature 0.5."
            ),
        ),
        (
            scores(1.0, 0.5, 0.5),
            "Probabilities are softmax(logits): the temperature was left at 1.",
        ),
        ({"accuracy": 1.0}, ""),
        (scores(None, 0.5, 0.5), ""),
    ],
)
def test_a_sentence_says_what_was_done_and_whether_it_helped(
    given: dict[str, float | None], said: str
) -> None:
    assert calibration_remark(given, "test") == said
