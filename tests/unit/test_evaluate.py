import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, log_loss
from torch import nn
from toys import CARD, RUNTIME, section, split, store, store_figures, untrained

from stages import evaluate as stage
from stages.artifacts import classifier, decision, history, predictions, report
from stages.artifacts.classifier import Classifier
from stages.artifacts.history import Epoch
from stages.errors import UserError
from stages.evaluate import Evaluate, evaluate
from stages.reporting.wordings import spaced
from stages.world import World

PARAMS = Evaluate.model_validate(section("evaluate", **RUNTIME, batch_size=4))
TEST = split(10)
CPU = torch.device("cpu")
EPOCHS = [Epoch(1, 0.7, 0.6, 0.5, 0.75, 0.01), Epoch(2, 0.6, 0.5, 0.75, 1.0, 0.001)]


class Left(nn.Module):
    """Give class 1 the left column's mean as its logit, class 0 the right one's."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images[..., [-1, 0]].mean((1, 2))


def plain(judged: Classifier, images: np.ndarray) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = judged.whole().eval()(torch.from_numpy(images))
    return logits


@pytest.mark.parametrize("batch_size", [1, 3, 10, 100])
def test_logits_are_the_network_s(batch_size: int) -> None:
    params = PARAMS.model_copy(update={"batch_size": batch_size})
    found = evaluate(params, untrained(3), TEST, World(CPU))
    torch.testing.assert_close(found, plain(untrained(3), TEST.images))


def test_with_flips_the_logits_are_the_mean_of_both_views() -> None:
    judged = Classifier(CARD, Left())
    found = evaluate(PARAMS.model_copy(update={"tta": "flip"}), judged, TEST, World(CPU))
    mirrored = plain(judged, np.ascontiguousarray(TEST.images[:, :, ::-1]))
    torch.testing.assert_close(found, (plain(judged, TEST.images) + mirrored) / 2)


def test_images_of_other_channels_are_refused() -> None:
    colour = TEST._replace(images=np.repeat(TEST.images, 3, axis=-1))
    with pytest.raises(RuntimeError, match="channels"):
        evaluate(PARAMS, untrained(), colour, World(CPU))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"evaluate: {PARAMS.model_dump_json()}")
    store({"train": split(6), "val": split(4, seed=1), "test": TEST})
    store_figures("Toys")


@pytest.fixture
def trained(workspace: None) -> Classifier:  # noqa: ARG001
    judged = untrained(3)
    judged = judged._replace(card=CARD.model_copy(update={"temperature": 2.0}))
    classifier.write(judged)
    history.write(EPOCHS)
    return judged


def test_the_stage_writes_the_scores_of_scikit_learn(
    trained: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.main()
    written = json.loads(Path("metrics/evaluate.json").read_text())
    probabilities = (plain(trained, TEST.images).double() / 2).softmax(1).numpy()
    predicted = probabilities.argmax(1)
    assert written["loss"] == pytest.approx(log_loss(TEST.labels, probabilities), abs=1e-5)
    assert written["accuracy"] == accuracy_score(TEST.labels, predicted)
    assert written["macro_f1"] == pytest.approx(
        f1_score(TEST.labels, predicted, average="macro"), abs=1e-6
    )
    assert f"accuracy {written['accuracy']:.4f}" in capsys.readouterr().out


def test_the_stage_writes_what_was_said_of_every_image(trained: Classifier) -> None:
    stage.main()
    found = predictions.read()
    expected = (plain(trained, TEST.images) / 2).softmax(1).numpy()
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)
    assert found.paths == [f"test/{number}.png" for number in range(10)]
    assert found.labels.tolist() == TEST.labels.tolist()


@pytest.mark.usefixtures("trained")
def test_the_page_has_the_classes_the_curves_and_how_it_was_trained() -> None:
    stage.main()
    html = Path("metrics/evaluate/report.html").read_text()
    for text in (
        "Toys · cnn, 2 epochs",
        "bright",
        "5 × 4 pixels",  # noqa: RUF001
        "Accuracy in training",
        "lr",
        "0.01",
    ):
        assert text in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


@pytest.mark.usefixtures("trained")
def test_the_same_classifier_gives_the_same_bytes() -> None:
    def run() -> dict[Path, bytes]:
        stage.main()
        return {path: path.read_bytes() for path in Path("metrics").rglob("*") if path.is_file()}

    first = run()
    assert len(first) == 16  # two of them are read
    assert run() == first


@pytest.mark.usefixtures("trained")
def test_val_can_be_judged_too() -> None:
    params = PARAMS.model_copy(update={"split": "val"})
    Path("params.yaml").write_text(f"evaluate: {params.model_dump_json()}")
    stage.main()
    assert predictions.read().paths == [f"val/{number}.png" for number in range(4)]


@pytest.mark.parametrize("tta", ["none", "flip"])
@pytest.mark.parametrize("judged", ["test", "val"])
def test_the_rule_is_fitted_to_val_as_exported_files_see_it(
    tta: str, judged: str, trained: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"abstain": "coverage", "abstain_target": 0.5, "conformal_alpha": 0.3}
    params = PARAMS.model_copy(update={"split": judged, "tta": tta, **asked, "ood_quantile": 0.2})
    Path("params.yaml").write_text(f"evaluate: {params.model_dump_json()}")
    stage.main()
    shares = (plain(trained, split(4, seed=1).images).double() / 2).softmax(1).amax(1)
    rule = decision.read()
    energies = -2 * (plain(trained, split(4, seed=1).images).double() / 2).logsumexp(1)
    assert rule.energy_threshold is not None
    assert rule.energy_threshold == pytest.approx(energies.sort().values[3].item(), abs=2e-6)
    assert rule.threshold == pytest.approx(shares.sort().values[2].item(), abs=2e-6)
    scores = report.read_scores()
    part = TEST if judged == "test" else split(4, seed=1)
    top = (plain(trained, part.images).double() / 2).softmax(1).amax(1)
    far = -2 * (plain(trained, part.images).double() / 2).logsumexp(1) > rule.energy_threshold
    answered = (top >= rule.threshold) & ~far
    assert scores["answered_share"] == pytest.approx(answered.double().mean().item(), abs=1e-6)
    seen = "val (to which it was fitted)" if judged == "val" else judged
    said = f"On {seen} it answers {scores['answered_share']:.1%} of the images"
    assert said in capsys.readouterr().out
    page = Path("metrics/evaluate/report.html").read_text("utf-8")
    assert spaced(said) in page.replace("&nbsp;", " ")


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro train`"):
        stage.main()


def test_a_classifier_of_other_images_is_refused(trained: Classifier) -> None:
    other = trained.card.interface.model_copy(update={"height": 16, "mean": (0.25,)})
    card = trained.card.model_copy(update={"interface": other})
    classifier.write(trained._replace(card=card))
    with pytest.raises(
        UserError, match=r"data/splits: is of height 4, mean .*, but .*height 16, mean"
    ):
        stage.main()
    assert not Path("metrics/evaluate.json").exists()


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("damage", ["", "epoch,lr\n1,2\n", "epoch,train_loss\nx,1\n"])
def test_a_missing_or_damaged_history_is_refused(damage: str) -> None:
    path = Path("metrics/history.csv")
    path.write_text(damage) if damage else path.unlink()
    with pytest.raises(UserError, match=r"history.csv.*dvc repro train"):
        stage.main()
