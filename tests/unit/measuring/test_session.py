import json
from pathlib import Path

import pytest
from making import CONDITIONS, RATIO

from benchmarks.measuring import measured
from benchmarks.measuring.measured import Conditions
from benchmarks.measuring.session import Session
from benchmarks.measuring.task import AbsentError, Findings, Task
from stages.errors import UserError


class Parts:
    """Parts that note when they are carried out; what one does can be changed."""

    def __init__(self, *names: str) -> None:
        self.done = list[str]()
        self.does: dict[str, BaseException | Findings] = {
            name: Findings({"ratio": RATIO}, notes=["a note"], versions={"fastai": "2"})
            for name in names
        }

    def all(self) -> dict[str, object]:
        return {name: lambda _, name=name: self.carry_out(name) for name in self.does}

    def carry_out(self, name: str) -> Findings:
        self.done.append(name)
        does = self.does[name]
        if isinstance(does, BaseException):
            raise does
        return does

    def session(self, out: Path, conditions: Conditions = CONDITIONS) -> Session:
        return Session(self.all(), conditions, out)  # type: ignore[arg-type]

    def run(self, out: Path, *only: str, conditions: Conditions = CONDITIONS) -> list[str]:
        session = self.session(out, conditions)
        said = list[str]()
        return session.run(session.begin(only), Task(None, out, quick=False, say=said.append))


def states(out: Path) -> dict[str, str]:
    return {name: part.state for name, part in measured.read(out / "measured.json").parts.items()}


def test_every_part_is_carried_out_and_kept(tmp_path: Path) -> None:
    parts = Parts("one", "two")
    assert parts.run(tmp_path) == []
    found = measured.read(tmp_path / "measured.json")
    assert parts.done == ["one", "two"] == [*found.parts]
    assert found.left == ()
    one = found.parts["one"]
    assert (one.figures, one.notes) == ({"ratio": RATIO}, ("a note",))
    assert one.conditions.versions == {"torch": "2.15.0", "fastai": "2"}
    assert "a note" in (tmp_path / "measured.md").read_text("utf-8")


def test_a_part_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    parts = Parts("one", "two", "three", "four")
    parts.does["one"] = ValueError("a wheel\nfell off")
    parts.does["two"] = SystemExit("params.yaml: no")
    parts.does["three"] = AbsentError("no such data")
    assert parts.run(tmp_path) == ["one", "two"]
    assert states(tmp_path) == {
        "one": "failed", "two": "failed", "three": "not measured", "four": "measured"
    }  # fmt: skip
    found = measured.read(tmp_path / "measured.json")
    assert found.parts["one"].reason == "ValueError: a wheel"
    assert found.parts["three"].reason == "no such data"
    page = (tmp_path / "measured.md").read_text("utf-8")
    assert all(text in page for text in ("a wheel", "params.yaml: no", "no such data"))


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    parts = Parts("one", "two", "three")
    parts.does["two"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        parts.run(tmp_path)
    assert states(tmp_path) == {"one": "measured"}
    again = Parts("one", "two", "three")
    again.run(tmp_path)
    assert again.done == ["two", "three"]
    assert [*states(tmp_path)] == ["one", "two", "three"]
    anew = Parts("one", "two", "three")
    anew.run(tmp_path)
    assert anew.done == ["one", "two", "three"]


@pytest.mark.parametrize("change", [{"code": "34cd"}, {"cores": 3}, {"quick": True}])
def test_under_other_conditions_it_begins_anew_and_keeps_what_was(
    tmp_path: Path, change: dict[str, object]
) -> None:
    Parts("one", "two").run(tmp_path)
    parts = Parts("one", "two")
    parts.does["one"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        parts.run(tmp_path)
    before = (tmp_path / "measured.json").read_bytes()
    other = CONDITIONS.model_copy(update=change)
    with pytest.raises(KeyboardInterrupt):
        parts.run(tmp_path, conditions=other)
    assert (tmp_path / "measured.json").read_bytes() == before
    again = Parts("one", "two")
    again.run(tmp_path, conditions=other)
    assert again.done == ["one", "two"]


def test_only_some_parts_leave_all_others_as_they_were(tmp_path: Path) -> None:
    Parts("one", "two", "three").run(tmp_path)
    before = json.loads((tmp_path / "measured.json").read_text("utf-8"))
    parts = Parts("one", "two", "three")
    parts.does["two"] = ValueError("no")
    assert parts.run(tmp_path, "two") == ["two"]
    after = json.loads((tmp_path / "measured.json").read_text("utf-8"))
    assert parts.done == ["two"]
    assert after["parts"].pop("two") != before["parts"].pop("two")
    assert after == before


def test_a_part_that_there_is_no_more_goes(tmp_path: Path) -> None:
    Parts("old", "one").run(tmp_path)
    Parts("one", "two").run(tmp_path, "two")
    assert [*states(tmp_path)] == ["one", "two"]


def test_a_part_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r'--only "digit" names no part; did you mean digits\?'):
        Parts("digits", "two").session(tmp_path).begin(["digit"])


def test_what_cannot_be_measured_here_stays_as_it_was_measured(tmp_path: Path) -> None:
    parts = Parts("one", "two")
    parts.run(tmp_path)
    parts.does["one"] = AbsentError("no data")
    assert parts.run(tmp_path) == []
    found = measured.read(tmp_path / "measured.json")
    assert found.parts["one"].figures == {"ratio": RATIO}
    assert found.left == ()
