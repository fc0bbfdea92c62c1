"""Photographs of clothes that are drawn: the same ones everywhere, and something to learn."""

import hashlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from sklearn.linear_model import LogisticRegression

from reprise.clothes.draw_clothes import main
from reprise.clothes.garments import KINDS
from reprise.clothes.outlines import mirrored, moved, smooth, turn
from reprise.clothes.photograph import SIZES, jpeg

# Of all files of `--count 2`, in order, decoded: where this changes, docs/tutorial.md does, too.
PIXELS = "b339a37ea7b58ca01d0e6f3b1d492c88168bd58c7d4c7b9edf57341cc5c32fb2"


def drawn(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.jpg"))
    }


def test_the_same_seed_gives_the_same_bytes_and_a_larger_count_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "a"), "--count", "1"]) == 0
    assert (
        "6 images in 6 classes: bag, coat, dress, shirt, shoe, trousers" in capsys.readouterr().out
    )
    (tmp_path / "b").mkdir()  # that is empty
    assert main([str(tmp_path / "b"), "--count", "2"]) == 0
    one, two = drawn(tmp_path / "a"), drawn(tmp_path / "b")
    assert [*one] == [f"{kind}/000.jpg" for kind in KINDS]
    assert one.items() <= two.items()
    assert len(two) == 12
    pixels = b"".join(Picture.open(BytesIO(data)).tobytes() for data in two.values())
    assert hashlib.sha256(pixels).hexdigest() == PIXELS
    assert {Picture.open(BytesIO(data)).size for data in two.values()} <= {*SIZES}


def test_another_seed_gives_other_images(tmp_path: Path) -> None:
    for seed in ("0", "1"):
        assert main([str(tmp_path / seed), "--count", "1", "--seed", seed]) == 0
    assert not {*drawn(tmp_path / "0").values()} & {*drawn(tmp_path / "1").values()}


def test_what_is_in_the_folder_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"1")
    assert main([str(tmp_path), "--count", "1"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"mine.jpg", *KINDS}
    (tmp_path / "bag/000.jpg").write_bytes(b"2")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: has bag already; name another folder\n"
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "bag").iterdir()] == [
        ("000.jpg", b"2")
    ]


def test_a_link_that_leads_nowhere_is_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    assert main([str(tmp_path / "out"), "--count", "1"]) == 1
    assert "out: is a link to what is not there; name another" in capsys.readouterr().err
    (tmp_path / "bag").symlink_to(tmp_path / "elsewhere")
    assert main([str(tmp_path), "--count", "1"]) == 1
    assert "has bag already" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"out", "bag"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([""], "is empty; name a place, `.` for where you stand"),
        (["no/where"], "no is no folder; make it first"),
        (["x", "--count", "0"], "must be a whole number from 1, is '0'"),
        (["x", "--seed", "-1"], "must be a whole number from 1, is '-1'"),
        (["x", "--seed", "4294967296"], "must be 4,294,967,295 at most"),
    ],
)
def test_wrong_usage_is_told(
    line: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(line)
    assert message in capsys.readouterr().err


def test_nothing_is_left_where_it_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main([str(tmp_path / "out"), "--count", "1"]) == 1
    assert "out: cannot be written: No space left on device" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_a_curve_goes_through_its_points_and_a_turn_keeps_lengths() -> None:
    points = mirrored([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0)])
    assert points.tolist() == [[0, -1], [1, 0], [0, 1], [-1, 0]]
    assert smooth(points)[::6].tolist() == points.tolist()
    assert np.allclose(np.linalg.norm(moved(points, turn(0.3)), axis=1), 1)
    assert np.allclose(turn(1.0), [[0, 1], [-1, 0]])  # tan 45 degrees: a turn by 90


def test_a_simple_classifier_learns_more_than_chance_and_not_all() -> None:
    def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
        files = [(jpeg(kind, (seed, k, i)), k) for k, kind in enumerate(KINDS) for i in range(12)]
        small = [Picture.open(BytesIO(file)).convert("L").resize((16, 16)) for file, _ in files]
        return np.array([np.asarray(one).ravel() / 255 for one in small]), np.array(
            [k for _, k in files]
        )

    model = LogisticRegression(C=0.1, max_iter=500).fit(*data(0))
    assert 0.4 < model.score(*data(1)) < 0.98
