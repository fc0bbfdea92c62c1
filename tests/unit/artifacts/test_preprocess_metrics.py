import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from toys import pixels

from stages.artifacts import preprocess_metrics
from stages.errors import UserError

SAMPLES = Picture.fromarray(pixels(0, 30, 40))


def test_findings_and_pictures_are_written(tmp_path: Path) -> None:
    preprocess_metrics.write({"images": {"train": 3}, "sizes": [(3, 20)]}, SAMPLES, tmp_path)
    findings = json.loads((tmp_path / preprocess_metrics.FINDINGS).read_text("utf-8"))
    assert findings == {"images": {"train": 3}, "sizes": [[3, 20]]}
    with Picture.open(tmp_path / preprocess_metrics.PICTURES / "samples.png") as picture:
        np.testing.assert_array_equal(picture, SAMPLES)


def test_the_same_findings_are_the_same_bytes(tmp_path: Path) -> None:
    preprocess_metrics.write({"a": 1, "b": 2}, SAMPLES, tmp_path / "first")
    preprocess_metrics.write({"b": 2, "a": 1}, SAMPLES.copy(), tmp_path / "again")
    for path in (preprocess_metrics.FINDINGS, preprocess_metrics.PICTURES / "samples.png"):
        first, again = ((tmp_path / run / path).read_bytes() for run in ("first", "again"))
        assert first == again


def test_pictures_of_before_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / preprocess_metrics.PICTURES
    folder.mkdir(parents=True)
    (folder / "old.png").touch()
    preprocess_metrics.write({}, SAMPLES, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["samples.png"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    with pytest.raises(UserError, match="metrics/preprocess: cannot be written"):
        preprocess_metrics.write({}, SAMPLES, tmp_path)
