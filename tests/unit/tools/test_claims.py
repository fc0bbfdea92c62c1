"""No trial is worked on by two, and none is lost with who worked on it."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tools.searching import claims
from tools.searching.claims import Claims
from tools.searching.outage import Patience


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that claims see, for a test to change."""
    now = [0.0]
    monkeypatch.setattr(claims, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Claims]:
    """Return the claims of two machines, and those of the first again after it was killed."""
    engine, made = create_engine(f"sqlite:///{tmp_path}/a.db"), []
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        made.append(Claims(engine, "study", Patience(""), still=60.0))
    return made


def test_a_trial_is_one_s_until_it_is_given_back(folders: list[Claims]) -> None:
    one, two, _ = folders
    assert one.take(3)
    assert not one.take(3)
    assert not two.take(3)
    assert two.take(4)
    one.release(3)
    assert two.take(3)


def test_who_stands_still_loses_a_trial(folders: list[Claims], clock: list[float]) -> None:
    one, two, _ = folders
    one.take(3)
    assert not two.take(3)
    clock[0] = 59
    assert not two.take(3)
    assert one.beat() == set()
    clock[0] = 118  # 59 s since the beat was seen first
    assert not two.take(3)
    clock[0] = 200
    assert two.take(3)
    assert one.beat() == {3}
    assert one.beat() == set()
    one.release(3)  # it is not ours any more
    assert two.beat() == set()


def test_an_outage_is_no_standing_still(folders: list[Claims], clock: list[float]) -> None:
    one, two, _ = folders
    one.take(3)
    assert not two.take(3)
    clock[0] = 1000
    two.forget()
    assert not two.take(3)
    clock[0] = 1061
    assert two.take(3)


def test_a_command_of_the_same_folder_takes_over_at_once(folders: list[Claims]) -> None:
    one, two, again = folders
    one.take(3)
    assert not two.take(3)
    assert again.take(3)


def test_two_machines_of_one_name_and_path_are_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = claims.holder()
    assert claims.holder() == first
    (tmp_path / ".dvc/tmp/searching/holder").unlink()  # as on another machine
    assert claims.holder() != first


def test_of_many_at_once_one_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/a.db", connect_args={"timeout": 60})
    crew = list[Claims]()
    for number in range(8):
        (tmp_path / f"{number}").mkdir()
        monkeypatch.chdir(tmp_path / f"{number}")
        crew.append(Claims(engine, "study", Patience("")))
    won, gate = list[tuple[int, int]](), threading.Barrier(len(crew))

    def work(number: int) -> None:
        gate.wait()
        won.extend((trial, number) for trial in range(20) if crew[number].take(trial))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(crew))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(trial for trial, _ in won) == [*range(20)]


def test_studies_do_not_know_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    assert Claims(engine, "a", Patience("")).take(1)
    assert Claims(engine, "b", Patience("")).take(1)
