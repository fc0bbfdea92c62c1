"""The stage inspect, on toys with planted faults."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from toys import CARD, RUNTIME, section, split, store, store_figures, untrained

from reprise.escaping import printable
from stages import inspect as stage
from stages.artifacts import classifier, decided, predictions, review
from stages.artifacts.decided import DecidedImage, DecidedImages
from stages.artifacts.predictions import Predictions
from stages.artifacts.review import Row
from stages.artifacts.splits import Split
from stages.errors import UserError
from stages.inspect import Inspect
from stages.inspecting.findings import KINDS
from stages.pages.titling import by_classes

PARAMS = Inspect.model_validate(
    section("inspect", **RUNTIME, batch_size=4, predictions="oof", outliers=0.05)
)
COUNTS = {"train": 40, "val": 12, "test": 16}


def parts() -> dict[str, Split]:
    """Return dark and bright images; one of train is in test, too, and one of val is flat."""
    made = {name: split(count, seed) for seed, (name, count) in enumerate(COUNTS.items())}
    made["train"].images[5] = made["test"].images[3]
    made["val"].images[2] = 77
    return made


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"inspect: {PARAMS.model_dump_json()}")
    Path("oof").mkdir()
    store(parts())
    store_figures("Toys")
    decided.write(DecidedImages(splits=("train", "val", "test"), images=()))
    classifier.write(untrained(3))


def rows() -> list[Row]:
    with review.TABLE.open(encoding="utf-8", newline="") as file:
        head, *found = csv.reader(file)
    assert tuple(head) == Row._fields
    return [Row(*row)._replace(score=float(row[4])) for row in found]  # type: ignore[arg-type]


def test_planted_faults_are_listed_counted_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    stage.main()
    assert "<h1>Toys</h1>" in review.PAGE.read_text("utf-8")
    found = {(row.finding, row.path): row for row in rows()}
    assert found["leak", "train/5.png"].other == "test/3.png"
    assert found["leak", "train/5.png"].split == "train"
    assert ("flat", "val/2.png") in found
    order = [(KINDS.index(row.finding), -row.score) for row in rows()]
    assert order == sorted(order)
    assert not any(row.decision for row in rows())
    counts = json.loads(review.COUNTS.read_text())
    assert counts["counts"][0]["images"] == sum(COUNTS.values())
    assert counts["counts"][0]["judged"] == COUNTS["val"] + COUNTS["test"]
    assert counts["near_duplicates"][0]["train_and_test"] == 1
    dark = next(row for row in counts["classes"] if row["class"] == "dark")
    assert dark["train"] == COUNTS["train"] / 2
    assert sum(counts["findings"][0].values()) == len(rows())
    html, said = review.PAGE.read_text("utf-8"), capsys.readouterr().out
    assert "Near-duplicates in two splits" in html
    assert 'title="train/5.png"><bdi>5.png<' in html
    line = [row.path for row in rows() if row.finding == "leak"].index("train/5.png") + 2
    assert f"<span>train,</span><span>row&nbsp;{line}</span>" in html
    assert "leak 1" in said
    for text in (html, said):
        assert "40 of 68 labels, of train, are not judged" in text


def test_a_data_set_without_a_name_has_the_title_of_the_other_report() -> None:
    store_figures("")
    stage.main()
    html = review.PAGE.read_text("utf-8")
    assert f"<h1>{by_classes(CARD.interface.classes)}</h1>" in html


def test_a_row_and_a_score_are_told_apart() -> None:
    stage.main()
    text = re.sub(r"<[^>]*>", "|", review.PAGE.read_text("utf-8"))
    assert re.search(r"\|val,\|\|row&nbsp;\d+\|", text)
    assert re.search(r"\|score\|\|[01]\.\d{3}\|", text)
    assert not re.search(r"row&nbsp;\d+[^|\d]", text)


def test_what_was_decided_before_is_written_beside_its_findings() -> None:
    ones = [("train/5.png", "bright", "keep"), ("val/2.png", "dark", "new: grey")]
    images = tuple(DecidedImage(path[: path.index("/")], path, *of) for path, *of in ones)
    decided.write(DecidedImages(splits=("train", "val", "test"), images=images))
    stage.main()
    found = {row.path: row.decision for row in rows()}
    assert found["train/5.png"] == "keep"
    assert found["val/2.png"] == "new: grey"
    again = [bool(row.decision) for row in rows()]
    assert again == sorted(again)


def test_both_images_of_a_contradiction_are_listed_and_shown_as_one_pair() -> None:
    made = parts()
    made["val"].images[4] = made["train"].images[7]
    store(made)
    stage.main()
    found = [row for row in rows() if row.finding == "contradiction"]
    assert {(row.path, row.other) for row in found} == {
        ("train/7.png", "val/4.png"),
        ("val/4.png", "train/7.png"),
    }
    assert not any(row.suggestion for row in found)
    page = review.PAGE.read_text("utf-8")
    shown = page[page.index('<section id="contradiction">') :]
    assert shown[: shown.index("</section>")].count("<figure") == 1
    assert json.loads(review.COUNTS.read_text())["near_duplicates"][0]["train_and_val"] == 1


def test_predictions_from_before_a_cleaning_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    out_of_fold(7)
    made = parts()
    made["test"].labels[0] = 1
    store(made)
    stage.main()
    for text in (review.PAGE.read_text("utf-8"), capsys.readouterr().out):
        assert "made before 1 label changed and 0 images were left out" in " ".join(text.split())


def test_a_ring_on_the_map_leads_to_its_image() -> None:
    stage.main()
    page = review.PAGE.read_text("utf-8")
    places = re.findall(r'<a href="#([a-z]+-\d+)" tabindex="-1"><circle', page)
    assert "leak-1" in places
    for place in places:
        assert f'<figure class="tile" id="{place}">' in page


def test_the_same_images_give_the_same_bytes() -> None:
    def run() -> list[bytes]:
        stage.main()
        return [path.read_bytes() for path in (review.TABLE, review.COUNTS, review.PAGE)]

    assert run() == run()


def out_of_fold(swapped: int) -> None:
    """Write predictions of all images that know all labels; those in train are swapped."""
    paths = [f"{name}/{row}.png" for name, count in COUNTS.items() for row in range(count)]
    labels = np.concatenate([part.labels for part in parts().values()])
    sure = np.where(np.arange(2) == labels[:, None], 0.97, 0.03)
    sure[swapped] = sure[swapped, ::-1]
    predictions.write(
        Predictions(("dark", "bright"), paths, labels, labels, sure),
        Path("oof/predictions.parquet"),
    )


def test_out_of_fold_predictions_judge_train_too(capsys: pytest.CaptureFixture[str]) -> None:
    out_of_fold(7)
    stage.main()
    doubted = [row for row in rows() if row.finding == "label"]
    assert [(row.path, row.label, row.suggestion) for row in doubted] == [
        ("train/7.png", "bright", "dark")
    ]
    counts = json.loads(review.COUNTS.read_text())
    (own,) = counts["counts"]
    assert "labels of 68 of 68 images judged: 68 by out-of-fold" in capsys.readouterr().out
    assert own["out_of_fold"] == own["judged"] == sum(COUNTS.values())


@pytest.mark.parametrize("damage", ["nothing there", "no Parquet", "other classes"])
def test_predictions_that_cannot_be_used_are_refused(damage: str) -> None:
    path = Path("oof/predictions.parquet")
    if damage == "nothing there":
        Path("oof").rmdir()
    elif damage == "no Parquet":
        path.write_text("path,label")
    else:
        none = np.empty(0, np.int64)
        predictions.write(Predictions(("a",), [], none, none, np.empty((0, 1))), path)
    with pytest.raises(UserError, match=r"inspect\.predictions"):
        stage.main()
    assert not review.TABLE.exists()


@pytest.mark.parametrize("name", ["oof.parquet", "predictions.parquet.dvc", "x\n"])
def test_predictions_of_another_name_are_not_passed_over(name: str) -> None:
    Path("oof", name).touch()
    told = rf"inspect\.predictions: oof holds {printable(name)}".replace("\\n", "\\\\n")
    with pytest.raises(UserError, match=told):
        stage.main()


def test_a_folder_without_predictions_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("oof/README.md").touch()
    stage.main()
    assert (
        "labels of 28 of 68 images judged: 0 by out-of-fold predictions, 28 in val or test by this "
        "network\n" in capsys.readouterr().out
    )


def test_splits_may_be_empty_and_classes_missing() -> None:
    dark = split(10)
    dark = Split(dark.images[::2], dark.labels[::2])
    store({"train": dark})
    stage.main()
    counts = json.loads(review.COUNTS.read_text())
    assert counts["counts"][0]["judged"] == 0
    assert counts["counts"][0]["images"] == 5


def test_a_classifier_of_other_images_is_refused() -> None:
    other = CARD.interface.model_copy(update={"height": 16})
    judged = untrained()
    classifier.write(judged._replace(card=CARD.model_copy(update={"interface": other})))
    with pytest.raises(UserError, match="run `dvc repro train`"):
        stage.main()


def test_a_network_that_diverged_has_its_pixels_judged_all_the_same() -> None:
    judged = untrained()
    with torch.no_grad():
        for weight in judged.network.parameters():
            weight.mul_(1e30)
    classifier.write(judged)
    stage.main()
    assert any(row.finding == "leak" for row in rows())
