from pathlib import Path

import pytest

from stages.artifacts import sample_sheet
from stages.errors import UserError


def test_the_sheet_is_written_as_it_is(tmp_path: Path) -> None:
    sample_sheet.write("<svg>猫</svg>\n", tmp_path / "sheet")
    assert (tmp_path / "sheet/samples.svg").read_bytes() == "<svg>猫</svg>\n".encode()


def test_pictures_of_before_are_gone(tmp_path: Path) -> None:
    (tmp_path / "samples.png").touch()
    sample_sheet.write("", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["samples.svg"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    with pytest.raises(UserError, match="metrics/preprocess: cannot be written"):
        sample_sheet.write("", tmp_path / sample_sheet.PATH)
