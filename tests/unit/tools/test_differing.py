from collections.abc import Mapping
from typing import Any

import pytest

from tools.listing.differing import rows, short_names, table

PARAMS: dict[str, dict[str, object]] = {
    "preprocess": {"seed": 0},
    "train": {"seed": 0, "lr": 0.005, "hidden": [], "ema": None},
}
SCORES = {"accuracy": 0.98889, "macro_f1": 0.9888, "loss": 0.030363, "ece": 0.01}


LOCK = """
stages:
  train: {outs: [{path: models/classifier.safetensors, md5: abc}]}
  evaluate: {deps: [{path: data/splits, md5: x}, {path: models/classifier.safetensors, md5: USED}]}
"""


def commit(rev: str, name: str | None = None, **changed: object) -> dict[str, Any]:
    params = PARAMS | {"train": PARAMS["train"] | changed}
    files = {"params.yaml": {"data": params}, "versions.yaml": {"data": {"torch": "2.15.0"}}}
    data = {"params": files, "metrics": {"metrics/evaluate.json": {"data": SCORES}}}
    return {"rev": rev, "name": name, "data": data, "error": None, "experiments": None}


def experiment(name: str | None, state: str | None = None, **changed: object) -> dict[str, Any]:
    executor = {"state": state, "name": "dvc-task"} if state else None
    return {"revs": [commit("1234567890", name, **changed)], "executor": executor, "name": name}


def listed(*experiments: Mapping[str, Any], used: str = "abc") -> dict[str, list[str]]:
    told = [commit("workspace"), commit("a" * 40, "main") | {"experiments": [*experiments]}]
    found = [*rows(told, lambda _: LOCK.replace("USED", used).encode())]
    return {column.header: [*column.cells] for column in table(found)}


def test_who_trained_and_did_not_evaluate_has_no_scores_of_another() -> None:
    assert listed(experiment("trained", lr=0.001), used="def")["accuracy"] == ["0.9889", "-"]


def test_scores_and_what_differs_are_listed_by_short_names() -> None:
    assert listed(experiment("lower", lr=0.001), experiment("wide", hidden=[256, 128])) == {
        "experiment": ["main", "  lower", "  wide"],
        "accuracy": ["0.9889"] * 3,
        "macro_f1": ["0.9888"] * 3,
        "loss": ["0.0304"] * 3,
        "lr": ["0.005", "0.001", "0.005"],
        "hidden": ["[]", "[]", "[256, 128]"],
    }


def test_a_name_of_two_sections_keeps_its_section() -> None:
    assert listed(experiment("other", seed=1))["train.seed"] == ["0", "1"]


def test_a_null_and_a_parameter_that_was_not_there_are_told_apart() -> None:
    found = listed(experiment("new", ema=0.99, other=1))
    assert found["ema"] == ["null", "0.99"]
    assert found["other"] == ["-", "1"]


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_what_has_no_scores_of_its_own_shows_none(state: str) -> None:
    found = listed(experiment("lower", state, lr=0.001), experiment("done", "success"))
    assert found["state"] == ["", state, ""]
    assert found["accuracy"] == ["0.9889", "-", "0.9889"]
    assert found["lr"] == ["0.005", "0.001", "0.005"]


def test_what_dvc_could_not_read_is_failed_and_differs_in_nothing() -> None:
    broken = experiment("broken")
    broken["revs"][0] |= {"data": None, "error": {"msg": "no dvc.yaml", "type": "E"}}
    found = listed(broken, experiment("lower", lr=0.001))
    assert found["state"] == ["", "failed", ""]
    assert found["lr"] == ["0.005", "-", "0.001"]
    assert "seed" not in found


def test_files_that_are_broken_count_as_empty() -> None:
    broken = experiment("broken")
    broken["revs"][0]["data"]["metrics"] = {"metrics/evaluate.json": {"error": {"msg": "x"}}}
    broken["revs"][0]["data"]["params"]["params.yaml"] = {"error": {"msg": "x"}}
    assert listed(broken)["accuracy"] == ["0.9889", "-"]


def test_an_experiment_without_a_name_has_the_beginning_of_its_commit() -> None:
    assert listed(experiment(None, "queued"))["experiment"] == ["main", "  1234567"]


def test_another_version_of_a_library_is_a_difference() -> None:
    other = experiment("other")
    other["revs"][0]["data"]["params"]["versions.yaml"]["data"] = {"torch": "2.14.0"}
    assert listed(other)["torch"] == ["2.15.0", "2.14.0"]


def test_names_cannot_act_on_the_terminal() -> None:
    found = listed(experiment("a\x1b[31m", lr="\x07"))
    assert all(cell.isprintable() for cells in found.values() for cell in cells)


def test_short_names_are_unique() -> None:
    keys = {"train.lr", "train.seed", "preprocess.seed", "torch", "x.torch"}
    short = short_names(keys)
    assert short == {
        "train.lr": "lr",
        "train.seed": "train.seed",
        "preprocess.seed": "preprocess.seed",
        "torch": "torch",
        "x.torch": "x.torch",
    }
    assert len({*short.values()}) == len(keys)
