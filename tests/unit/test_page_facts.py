import json
from pathlib import Path

import pytest

from stages import environment, page_facts

SCRIPT = Path("metrics/environment/evaluate.js")


@pytest.fixture(autouse=True)
def by_dvc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "evaluate")
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)


def told() -> object:
    first, second = SCRIPT.read_text("utf-8").splitlines()
    assert first.startswith("// Of ")
    head, _, values = second.partition(" = ")
    assert head == "reprise.evaluate"
    return json.loads(values.removesuffix(";"))


def test_facts_are_a_script() -> None:
    page_facts.write("evaluate", "abc", lambda: {"of": "abc", "speed": 1.5})
    assert told() == {"of": "abc", "speed": 1.5}


def test_of_the_same_result_they_stay_and_are_not_computed_again() -> None:
    page_facts.write("evaluate", "abc", lambda: {"speed": 1})
    page_facts.write("evaluate", "abc", lambda: pytest.fail("computed"))
    assert told() == {"speed": 1}
    page_facts.write("evaluate", "ab", lambda: {"speed": 2})
    assert told() == {"speed": 2}


def test_a_stage_that_is_run_by_hand_writes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_STAGE")
    page_facts.write("evaluate", "abc", lambda: pytest.fail("computed"))
    assert not SCRIPT.exists()


def test_no_text_ends_the_script() -> None:
    nasty = "</script><script>alert(1)</script>\u2028"
    page_facts.write("evaluate", "abc", lambda: {"name": nasty})
    assert "<" not in SCRIPT.read_text("utf-8")
    assert told() == {"name": nasty}


def test_a_file_that_a_merge_left_is_written_anew() -> None:
    SCRIPT.parent.mkdir(parents=True)
    SCRIPT.write_bytes(b"<<<<<<< \xff")
    page_facts.write("evaluate", "abc", dict)
    assert told() == {}


def test_the_experiment_and_the_machine_of_the_training_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert page_facts.run() == {}
    monkeypatch.setenv("DVC_EXP_NAME", "lively-yew")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "0123")
    path = environment.record_path("train")
    path.parent.mkdir(parents=True)
    path.write_text('{"cpu": "one"}')
    expected = {"experiment": "lively-yew", "baseline": "0123", "trained": {"cpu": "one"}}
    assert page_facts.run() == expected
    path.write_text("<<<<")
    assert "trained" not in page_facts.run()
