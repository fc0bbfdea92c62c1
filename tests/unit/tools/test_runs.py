import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from scored_runs import run

from stages.errors import UserError
from tools.experimenting.alone import FOLDER, alone
from tools.experimenting.beginning import Beginning
from tools.repeating import runs, scored
from tools.repeating.scored import Scored
from tools.repeating.variants import Plan, Variant

VARIANTS = [Variant(f"seed{seed}", (f"train.seed={seed}",)) for seed in range(4)]
Told = list[tuple[str, ...]]


@pytest.fixture(autouse=True)
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Put a workplace in the place of clones; return what it was told."""
    monkeypatch.chdir(tmp_path)
    commands = Told()

    class Workplace:
        def __init__(self, root: Path) -> None:
            self.root = root

        def run(self, name: str, settings: Sequence[str], lock: int) -> bool:
            os.fstat(lock)
            commands.append((name, *settings))
            return "train.seed=2" not in settings

        def hand_over(self, name: str) -> None:
            commands.append(("hand over", name))

    @contextmanager
    def opened(root: Path, _: Beginning) -> Iterator[Workplace]:
        yield Workplace(root)

    def read(root: Path, label: str, experiment: str) -> Scored:
        assert root.parent == FOLDER
        return run([0], [0])._replace(label=label, experiment=experiment)

    begun = Beginning("a", "a", tmp_path, ())
    monkeypatch.setattr(runs, "beginning", lambda _: begun)
    monkeypatch.setattr(runs, "digest", lambda *_: "0a")
    monkeypatch.setattr(runs, "opened", opened)
    monkeypatch.setattr(scored, "read", read)
    return commands


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_runs_come_in_their_order(told: Told, jobs: int) -> None:
    found = runs.carry_out(Plan("repeat", VARIANTS[:2], ("train.lr=1",), jobs))
    assert [one.experiment for one in found] == ["repeat-0a-seed0", "repeat-0a-seed1"]
    assert sorted(told) == [
        ("hand over", "repeat-0a-seed0"),
        ("hand over", "repeat-0a-seed1"),
        ("repeat-0a-seed0", "train.lr=1", "train.seed=0"),
        ("repeat-0a-seed1", "train.lr=1", "train.seed=1"),
    ]


def test_a_run_that_fails_is_named_and_the_last(told: Told) -> None:
    with pytest.raises(UserError, match="repeat-0a-seed2 failed, the reason is above"):
        runs.carry_out(Plan("repeat", VARIANTS, (), 1))
    assert told[-1] == ("repeat-0a-seed2", "train.seed=2")


def test_two_commands_at_once_are_refused(told: Told) -> None:
    with (
        alone(),
        pytest.raises(UserError, match=r"another `reprise repeat`, `folds` or .* is at work"),
    ):
        runs.carry_out(Plan("repeat", VARIANTS, (), 1))
    assert not told
    runs.carry_out(Plan("repeat", VARIANTS[:2], (), 1))
