from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from pydantic import ValidationError
from toys import encoded, publish, section

from stages.artifacts import raw
from stages.artifacts.raw import Image, Published
from stages.errors import UserError
from stages.imaging import pool
from stages.imaging.grouping import Groups, find_groups, unused
from stages.imaging.thumbnailing import decode_thumbnails
from stages.near_duplicates import thumbnail
from stages.preprocess import Preprocess


def params(**changes: Any) -> Preprocess:  # noqa: ANN401
    return Preprocess.model_validate(section("preprocess") | {"workers": 2} | changes)


def smooth(seed: int) -> Picture.Image:
    """Return a picture of a few large blots, as photographs are; each seed has its own."""
    blots = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Picture.fromarray(blots).resize((64, 48), Picture.Resampling.BICUBIC)


def near(picture: Picture.Image) -> bytes:
    """Return a picture compressed again, smaller and brighter."""
    smaller = picture.resize((50, 40)).point(lambda level: min(255, level + 9))
    return encoded(smaller, "JPEG", quality=60)


def at(root: Path, *paths: str) -> Published:
    """Publish pictures under these paths, in two splits, as they are read: test before train."""
    data = encoded(smooth(0))
    images = [Image(data, path, 0) for path in paths]
    return publish(root / "raw", {"train": images[1:], "test": images[:1]})


def groups(published: Published, **changes: Any) -> Groups:  # noqa: ANN401
    chosen = params(**changes)
    found = find_groups(published, chosen, chosen)
    assert found is not None
    return found


def complaint(published: Published, **changes: Any) -> str:  # noqa: ANN401
    with pytest.raises(UserError) as caught:
        groups(published, **changes)
    return str(caught.value)


def test_none_finds_none_and_reads_nothing(tmp_path: Path) -> None:
    published = at(tmp_path, "a.png")
    published.row_groups[0].file.unlink()
    chosen = params()
    assert find_groups(published, chosen, chosen) is None


def test_a_pattern_takes_the_group_from_the_path(tmp_path: Path) -> None:
    published = at(tmp_path, "p7/a.png", "p12/b.png", "p7/c.png", "p1/a.png")
    found = groups(published, groups="pattern", group_pattern=r"p(\d+)/")
    assert found.numbers.tolist() == [0, 1, 0, 2]
    assert found.names == ["7", "12", "1"]


def test_paths_without_a_group_are_named(tmp_path: Path) -> None:
    published = at(tmp_path, "p7/a.png", "x\n\x1b[2J.png", *(f"{n}.png" for n in range(20)))
    message = complaint(published, groups="pattern", group_pattern=r"p(\d+)/")
    assert message == (
        r"params.yaml: preprocess.group_pattern p(\d+)/ takes nothing of 21 of 22 paths, and every "
        r"image needs a group; mend it for x\n\x1b[2J.png, 0.png, 1.png, 2.png, 3.png, 4.png, "
        "5.png, 6.png, 7.png, 8.png"
    )


def test_a_column_is_the_group(tmp_path: Path) -> None:
    images = [Image(b"", f"{n}.png", 0, group) for n, group in enumerate("baab")]
    raw.write(raw.Raw(("a",), {"train": images}, {}, grouped=True), tmp_path / "raw")
    found = groups(raw.read(tmp_path / "raw"), groups="column")
    assert found.numbers.tolist() == [0, 1, 1, 0]
    assert found.names == ["b", "a"]


def test_a_group_is_one_however_its_accents_are_composed(tmp_path: Path) -> None:
    spelt = ["p\u00fc", "pu\u0308", "pu"]
    images = [Image(b"", f"{n}.png", 0, group) for n, group in enumerate(spelt)]
    raw.write(raw.Raw(("a",), {"train": images}, {}, grouped=True), tmp_path / "raw")
    published = raw.read(tmp_path / "raw")
    assert groups(published, groups="column").numbers.tolist() == [0, 0, 1]
    assert "download.group_column" in next(unused(published, params()))
    assert not [*unused(published, params(groups="column"))]


def test_images_without_groups_need_no_remark(tmp_path: Path) -> None:
    assert not [*unused(at(tmp_path, "a.png", "b.png"), params())]


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert complaint(at(tmp_path, "a.png"), groups="column") == (
        "params.yaml: preprocess.groups is column, but data/raw has no groups; set "
        "download.group_column to a column of the table, or of the Parquet files"
    )


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Return six pictures, of which 2 and 4 are near 0, 5 is near 1, and 3 cannot be decoded."""
    monkeypatch.setattr(raw, "GROUP_IMAGES", 2)
    first, second = smooth(1), smooth(2)
    data = [encoded(first), encoded(second), near(first), b"damaged", near(first), near(second)]
    images = [Image(one, f"{n}.png", n % 2) for n, one in enumerate(data)]
    return publish(tmp_path / "raw", {"train": images})


def test_near_duplicates_are_groups_named_by_their_first(copies: Published) -> None:
    found = groups(copies, groups="near_duplicates")
    assert found.numbers.tolist() == [0, 1, 0, 2, 0, 1]
    assert found.names == ["0.png", "1.png", "3.png"]


def test_only_equal_ones_are_as_similar_as_1(copies: Published) -> None:
    found = groups(copies, groups="near_duplicates", similarity=1)
    assert len(found.names) > 3


@pytest.mark.parametrize("workers", [1, 3])
def test_thumbnails_are_the_same_for_any_number_of_workers(copies: Published, workers: int) -> None:
    made = decode_thumbnails(copies.row_groups, params(workers=workers, channels=3))
    np.testing.assert_array_equal(made[0], thumbnail(smooth(1)))
    np.testing.assert_array_equal(made[3], 0)
    np.testing.assert_array_equal(made, decode_thumbnails(copies.row_groups, params(channels=3)))


def test_thumbnails_are_the_same_in_processes(
    copies: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = decode_thumbnails(copies.row_groups, params())
    monkeypatch.setattr(pool, "MIN_PROCESS_IMAGES", 0)
    np.testing.assert_array_equal(decode_thumbnails(copies.row_groups, params()), expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": "pattern"}, "groups pattern needs group_pattern, a regular expression as"),
        ({"group_pattern": "a"}, "group_pattern is for groups pattern, but groups is none; set"),
        (
            {"groups": "column", "group_pattern": "a"},
            "group_pattern is for groups pattern, but groups is column; set it to null, or",
        ),
        (
            {"groups": "pattern", "group_pattern": "("},
            r"group_pattern must be a regular expression as RE2 knows them: missing \): \(",
        ),
        ({"groups": "pattern", "group_pattern": ""}, "group_pattern"),
        ({"groups": "pattern", "group_pattern": "a" * 1001}, "group_pattern"),
        ({"groups": "path"}, "groups"),
        ({"similarity": 0.4}, "similarity"),
        ({"similarity": 1.1}, "similarity"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        params(**changes)
