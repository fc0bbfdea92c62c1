from pathlib import Path

import pytest
from pydantic import ValidationError

from stages import download as stage
from stages.artifacts import raw
from stages.download import Download, download
from stages.sources import digits


def test_the_parameter_names_the_data_set() -> None:
    assert download(Download(dataset="digits")) == digits.load()


@pytest.mark.parametrize("dataset", ["Digits", "mnist", "", None, 3])
def test_a_data_set_that_is_not_known_is_refused(dataset: object) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        Download.model_validate({"dataset": dataset})


def test_the_stage_writes_what_it_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("download: {dataset: digits}")
    stage.main()
    assert raw.read() == digits.load()
    assert capsys.readouterr().out == "1,797 images of 10 classes\n"
