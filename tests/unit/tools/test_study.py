"""What is drawn depends on the seed and on what ended before, not on what a kill forgets."""

from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState
from searched import DEFAULT, design, opened, score

from tools.searching import drawing, study
from tools.searching.design import Design
from tools.searching.ending import Ending
from tools.searching.study import Opened


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def go_on(at: Opened, most: int = 1000) -> None:
    """Carry out trials one after the other."""
    for number in at.left()[:most]:
        trial, settings = at.begin(number)
        at.tell(trial, Ending("complete", score(settings)), f"trial{number}")


def drawn(at: Opened) -> list[dict[str, Any]]:
    return [study.settings(at.design, trial) for trial in at.trials()]


def test_the_first_trial_is_params_yaml_as_it_is(folder: Path) -> None:
    at = opened(folder, design())
    assert at.left() == [*range(12)]
    trial, settings = at.begin(0)
    assert settings == {}
    assert trial.params == {"train.lr": 0.005, "train.epochs": 5, "train.network": "cnn"}
    assert at.begin(1)[1].keys() == DEFAULT.keys()


@pytest.mark.parametrize("sampler", ["tpe", "random"])
@pytest.mark.parametrize("killed_after", [0, 1, 7, 11])
def test_a_killed_search_draws_the_same(folder: Path, sampler: str, killed_after: int) -> None:
    wanted = design(15, sampler=sampler)
    (folder / "whole").mkdir()
    whole = opened(folder / "whole", wanted)
    go_on(whole)
    at = opened(folder, wanted)
    go_on(at, killed_after)
    begun = at.begin(killed_after)[1]  # and killed then
    at = opened(folder, wanted)
    assert at.left() == [*range(killed_after, 15)]
    assert at.begin(killed_after)[1] == begun
    go_on(at)
    assert drawn(at) == drawn(whole)
    assert len({str(one) for one in drawn(at)}) > 12


def test_another_seed_draws_others(folder: Path) -> None:
    found = []
    for seed in (0, 1):
        at = opened(folder, design(seed=seed), f"{seed}")
        go_on(at)
        found.append(drawn(at)[1:])
    assert found[0] != found[1]


def test_it_finds_what_is_better(folder: Path) -> None:
    at = opened(folder, design(40))
    go_on(at)
    best = study.best(at.trials(), at.design)
    assert best is not None
    assert best.params["train.network"] == "cnn"
    assert 0.007 < best.params["train.lr"] < 0.013
    by_chance = opened(folder, design(40, sampler="random"), "random")
    go_on(by_chance)
    other = study.best(by_chance.trials(), by_chance.design)
    assert other is not None
    assert (best.value or 0) > (other.value or 0)


def test_more_trials_go_on_with_the_study(folder: Path) -> None:
    go_on(opened(folder, design(5)))
    at = opened(folder, design(8))
    assert at.left() == [5, 6, 7]
    assert opened(folder, design(5)).left() == []
    go_on(at)
    assert len(opened(folder, design(5)).trials()) == 5


def test_of_equals_the_first_is_best(folder: Path) -> None:
    at = opened(folder, design(4))
    for number, found in enumerate([0.5, 0.9, 0.9, 0.1]):
        trial, _ = at.begin(number)
        at.tell(trial, Ending("complete", found), "")
    assert best_of(at) == 1
    least = opened(folder, design(4, aim="val_loss"), "least")
    assert best_of(least) is None
    for number, found in enumerate([0.5, 0.1, 0.1, 0.9]):
        trial, _ = least.begin(number)
        least.tell(trial, Ending("complete", found), "")
    assert best_of(least) == 1


def best_of(at: Opened) -> int | None:
    found = study.best(at.trials(), at.design)
    return None if found is None else found.number


def outside() -> Design:
    return design()._replace(default={**DEFAULT, "train.lr": 0.5})


def test_a_default_outside_of_its_range_is_tried_and_told(folder: Path) -> None:
    assert [*drawing.outside(design())] == []
    told = [*drawing.outside(outside())]
    assert len(told) == 1
    assert told[0].startswith("train.lr of params.yaml, 0.5 is not 0.0001 to 0.1, log: the first")
    at = opened(folder, outside())
    trial, settings = at.begin(0)
    assert (settings, trial.params) == ({}, {})
    at.tell(trial, Ending("complete", 0.9), "")
    go_on(at)
    assert len(at.trials()) == 12


def test_a_told_trial_is_told_once(folder: Path) -> None:
    at = opened(folder, design(2))
    trial, _ = at.begin(0)
    at.tell(trial, Ending("complete", 0.9), "a")
    at.tell(trial, Ending("complete", 0.1), "b")
    at.tell_failure(0, "late")
    at.tell_failure(1, "no memory")
    first, second = at.trials()
    assert (first.value, first.user_attrs) == (0.9, {"experiment": "a"})
    assert (second.state, second.user_attrs) == (TrialState.FAIL, {"reason": "no memory"})


def test_who_falls_behind_is_pruned_and_told_so_again(folder: Path) -> None:
    at = opened(folder, design(12, prune="median"))
    for number in range(6):
        trial, _ = at.begin(number)
        judge = at.judge(trial)
        assert not any(judge(epoch, 0.5 + epoch / 10) for epoch in (1, 2, 3))
        at.tell(trial, Ending("complete", 0.8), "")
    trial, _ = at.begin(6)
    assert [at.judge(trial)(epoch, 0.1) for epoch in (1, 2)] == [False, True]
    again, _ = opened(folder, design(12, prune="median")).begin(6)  # killed, and begun anew
    assert [at.judge(again)(epoch, 0.1) for epoch in (1, 2)] == [False, True]
    at.tell(again, Ending("pruned"), "")
    assert at.trials()[6].state == TrialState.PRUNED
    assert at.has_succeeded()
