from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import EvalResult
from ruamel.yaml import YAML

from stages.artifacts import report
from tools.publishing import front_matter
from tools.publishing.front_matter import Facts

PARAMS = YAML(typ="safe").load(Path("params.yaml"))
SCORES = report.read_scores()
COMMIT = "0123456789" * 4


def told(formats: frozenset[str] = frozenset({".onnx"}), **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    params = {name: {**section, **changed.get(name, {})} for name, section in PARAMS.items()}
    facts = Facts("ants", params, changed.get("scores", SCORES), formats)
    text = front_matter.render(facts)
    assert text == front_matter.render(facts)
    found: dict[str, Any] = ModelCard(text + "\n# Ants\n").data.to_dict()
    return found


def results(**changed: Any) -> list[EvalResult]:  # noqa: ANN401
    params = {name: {**section, **changed.get(name, {})} for name, section in PARAMS.items()}
    text = front_matter.render(Facts("ants", params, changed.get("scores", SCORES), frozenset()))
    return ModelCard(text).data.to_dict()["model-index"][0]["results"]  # type: ignore[no-any-return]


def test_the_hub_learns_licence_task_and_library() -> None:
    found = told()
    assert found["license"] == "apache-2.0"
    assert found["pipeline_tag"] == "image-classification"
    assert found["library_name"] == "onnx"
    assert found["tags"] == ["image-classification", "onnx", "safetensors", "reprise"]
    assert "datasets" not in found
    assert found["metrics"][:2] == ["accuracy", "f1"]
    assert told(frozenset({".pt2"}))["library_name"] == "pytorch"


def test_a_data_set_of_the_hub_is_named_with_its_commit() -> None:
    source = {"dataset": "hub", "repository": "a/b", "revision": COMMIT, "subset": "small"}
    assert told(download=source)["datasets"] == ["a/b"]
    (found,) = results(download=source, evaluate={"split": "val"})
    assert found["dataset"] == {  # type: ignore[index]
        "name": "a/b",
        "type": "a/b",
        "config": "small",
        "split": "validation",
        "revision": COMMIT,
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"path": "data/source"}, "folder"),
        ({"path": "./data/source/"}, "folder"),
        ({"path": "data/source/ants.zip"}, "ants"),
        ({"path": "***/Ants.and.bees.TAR.GZ"}, "Ants.and.bees"),
        ({"path": "photos.v2"}, "photos.v2"),
        ({"path": "***/photos/", "dataset": "pairs"}, "photos"),
        ({"path": "all.parquet", "dataset": "parquet"}, "all"),
        ({"path": "***", "dataset": "table"}, "table"),
        ({"path": ".."}, "folder"),
        ({"path": "."}, "folder"),
        ({"path": "/"}, "folder"),
        ({"path": ".zip"}, "folder"),
        ({"path": "mine", "address": "https://host/a/ants%20too.tgz"}, "ants too"),
        ({"path": "mine", "address": "https://host"}, "folder"),
        ({"path": "mine", "address": "https://host/***"}, "folder"),
        ({"path": "mine", "address": "file://***/ants.zip"}, "ants"),
        ({"path": "mine", "dataset": "cifar10"}, "cifar10"),
    ],
)
def test_own_images_are_named_by_their_place(source: dict[str, str], expected: str) -> None:
    (found,) = results(download={"dataset": "folder", **source})
    layout = source.get("dataset", "folder")
    assert found["dataset"] == {"name": expected, "type": layout, "split": "test"}  # type: ignore[index]


def test_scores_that_are_undefined_are_left_out() -> None:
    (found,) = results(scores={**SCORES, "macro_roc_auc": None})
    metrics = {metric["name"]: metric["value"] for metric in found["metrics"]}  # type: ignore[index]
    assert metrics["Accuracy"] == SCORES["accuracy"]
    assert "Macro ROC AUC" not in metrics


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("MIT", {"license": "mit"}),
        ("GPL-3.0-or-later", {"license": "gpl-3.0"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("Our own, of 2026", {"license": "other", "license_name": "our-own-of-2026"}),
        ("---", {"license": "other", "license_name": "other"}),
    ],
)
def test_licences_are_spelt_as_the_hub_spells_them(name: str, expected: dict[str, str]) -> None:
    assert front_matter.licence(name) == expected
    found = told(export={"license": name})
    assert {key: found[key] for key in expected} == expected
