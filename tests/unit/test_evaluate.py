import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score
from torch import nn
from toys import CARD, split, store, untrained

from stages import evaluate as stage
from stages.artifacts import classifier
from stages.artifacts.classifier import Classifier
from stages.artifacts.report import Cell
from stages.errors import UserError
from stages.evaluate import Evaluate, evaluate

PARAMS = Evaluate(batch_size=4, threads=1)
TEST = split(10)


class Constant(nn.Module):
    """Give every image the same logits."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.tensor([[1.0, 0.0]], device=images.device).expand(len(images), 2)


def test_scores_are_those_of_scikit_learn() -> None:
    judged = untrained(seed=3)
    with torch.inference_mode():
        probabilities = judged.whole()(torch.from_numpy(TEST.images)).double().softmax(1).numpy()
    predictions = probabilities.argmax(1)
    truth = {"y_true": TEST.labels, "y_pred": predictions}
    assert evaluate(PARAMS, judged, TEST).scores == pytest.approx(
        {
            "loss": log_loss(TEST.labels, probabilities),
            "accuracy": accuracy_score(**truth),
            "macro_precision": precision_score(**truth, average="macro", zero_division=0),
            "macro_recall": recall_score(**truth, average="macro"),
            "macro_f1": f1_score(**truth, average="macro"),
        },
        rel=1e-5,
    )


def test_a_classifier_that_always_says_the_same_by_hand() -> None:
    scores, cells = evaluate(PARAMS, Classifier(CARD, Constant()), TEST)
    assert scores == pytest.approx(
        {
            "loss": np.log1p(np.exp(1)) - 0.5,
            "accuracy": 0.5,
            "macro_precision": 0.25,
            "macro_recall": 0.5,
            "macro_f1": 1 / 3,
        }
    )
    assert cells == [
        Cell("dark", "dark", 5),
        Cell("bright", "dark", 5),
        Cell("bright", "bright", 0),
    ]


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_the_batch_size_does_not_change_the_scores(batch_size: int) -> None:
    scores = evaluate(Evaluate(batch_size=batch_size, threads=1), untrained(), TEST).scores
    assert scores == pytest.approx(evaluate(PARAMS, untrained(), TEST).scores, rel=1e-5)


def test_images_of_other_channels_are_refused() -> None:
    colour = TEST._replace(images=np.repeat(TEST.images, 3, axis=-1))
    with pytest.raises(RuntimeError, match="channels"):
        evaluate(PARAMS, untrained(), colour)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"evaluate: {PARAMS.model_dump_json()}")
    store({"test": TEST})


@pytest.mark.usefixtures("workspace")
def test_the_stage_reads_classifier_and_splits_and_writes_a_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    classifier.write(untrained())
    stage.main()
    written = json.loads(Path("metrics/evaluate.json").read_text())
    assert written == pytest.approx(evaluate(PARAMS, untrained(), TEST).scores, abs=1e-6)
    assert f"accuracy {written['accuracy']:.4f}" in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro train`"):
        stage.main()
