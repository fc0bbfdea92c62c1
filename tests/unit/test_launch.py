from pathlib import Path

import pytest

from stages import environment, launch, versions
from stages.errors import UserError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    versions.PATH.write_text('numpy: "1.0"\n', "utf-8")


def test_under_dvc_a_stage_in_other_versions_does_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DVC_STAGE", "train")
    ran: list[bool] = []
    with pytest.raises(SystemExit, match=r"^numpy is \S+, versions.yaml says 1.0\n"):
        launch.run(lambda: ran.append(True))
    assert not ran
    assert not environment.record_path("train").exists()


def test_by_hand_it_runs_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    launch.run(lambda: print("ran"))
    told = capsys.readouterr()
    assert told.out == "ran\n"
    assert "versions.yaml says 1.0" in told.err
    assert not environment.RECORDS.exists(), "the record is of what dvc.lock says"


def test_under_dvc_it_is_recorded_on_what_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    versions.PATH.unlink()
    monkeypatch.setenv("DVC_STAGE", "preprocess")
    launch.run(lambda: None)
    assert environment.record_path("preprocess").exists()


def test_a_mistake_of_the_user_is_one_message() -> None:
    def refuse() -> None:
        raise UserError("train.lr is too bold")

    with pytest.raises(SystemExit, match="too bold"):
        launch.run(refuse)
