"""An output replaces nothing that is read, no device, and no file behind somebody's link."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest
from linear import export
from toys import encoded, pixels

from reprise.predict import main
from reprise.writing import OutputError, whole, write

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a model, a folder of pictures, a table of them, and links."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "0.png").write_bytes(encoded(pixels(0)))
    (tmp_path / "in.csv").write_text("file\nphotos/0.png\n")
    (tmp_path / "link.csv").symlink_to("in.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "in.csv")
    export(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "in.csv --output in.csv",
        "in.csv --output photos/../in.csv",
        "in.csv --output link.csv",
        "link.csv --output in.csv",
        "in.csv --output hard.csv",
        "photos --output m.onnx --format csv",
        "photos --output photos/0.png --format csv",
        "photos/*.png --output photos/0.png --format csv",
        "photos/0.png in.csv --sheet photos/0.png",
        "photos --sheet s.png --output s.png --format csv",
    ],
)
def test_what_is_read_is_not_replaced(line: str, capsys: Captured) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*.*") if path.is_file()}
    assert main(["m.onnx", *line.split()]) == 1
    assert {path: path.read_bytes() for path in Path().rglob("*.*") if path.is_file()} == before
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == 1
    assert "name another file for them" in err or "name two files" in err


@pytest.mark.parametrize("line", ["photos/0.png heat/00002-0.png", "heat", "heat/*", "hard.png"])
def test_no_heat_map_replaces_a_picture_that_is_read(line: str, capsys: Captured) -> None:
    Path("heat").mkdir()
    Path("heat/00002-0.png").write_bytes(encoded(pixels(1)))
    Path("hard.png").hardlink_to("heat/00002-0.png")
    before = Path("heat/00002-0.png").read_bytes()
    assert main(["m.onnx", *line.split(), "--explain", "heat"]) == 1
    assert Path("heat/00002-0.png").read_bytes() == before
    assert capsys.readouterr().err == (
        "heat/00002-0.png: is read for these predictions, and a heat map might replace it; name "
        "another folder for --explain\n"
    )


def test_no_heat_map_replaces_the_file_behind_a_link(capsys: Captured) -> None:
    Path("heat").mkdir()
    Path("heat/00001-0.png").symlink_to("../in.csv")
    before = Path("in.csv").read_bytes()
    assert main(["m.onnx", "photos", "--explain", "heat"]) == 1
    assert Path("in.csv").read_bytes() == before
    assert "heat/00001-0.png: is a link" in capsys.readouterr().err


def test_heat_maps_of_an_earlier_run_are_replaced() -> None:
    for _ in range(2):
        assert main(["m.onnx", "photos/0.png", "none.png", "--explain", "heat"]) == 1  # none.png
    assert [path.name for path in Path("heat").iterdir()] == ["00001-0.png"]


def test_a_file_that_is_not_read_may_lie_among_the_pictures() -> None:
    for _ in range(2):
        assert main(["m.onnx", "photos", "--output", "photos/o.csv"]) == 0
    assert main(["m.onnx", "none.csv", "photos", "--output", "o.csv"]) == 1  # none.csv is missing
    assert Path("o.csv").is_file()


def test_a_pipe_is_written_to_and_stays() -> None:
    os.mkfifo("pipe")
    came = list[str]()
    reader = Thread(target=lambda: came.append(Path("pipe").read_text()), daemon=True)
    reader.start()
    assert main(["m.onnx", "photos", "--output", "pipe", "--format", "csv"]) == 0
    reader.join(10)
    assert came[0].startswith("path,")
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    assert not [*Path().glob(".*")]


def test_a_device_is_written_to_and_stays() -> None:
    with Path("/dev/null").open("rb") as device:
        number = os.fstat(device.fileno()).st_rdev
    Path("null.csv").symlink_to("/dev/null")
    assert main(["m.onnx", "photos", "--output", "null.csv"]) == 0
    assert Path("null.csv").is_symlink()
    assert Path("/dev/null").stat().st_rdev == number


def test_of_a_link_the_file_behind_it_is_replaced() -> None:
    write(b"new", Path("link.csv"))
    assert Path("link.csv").is_symlink()
    assert Path("in.csv").read_bytes() == b"new"
    Path("far.csv").symlink_to("photos/far.csv")
    write(b"made", Path("far.csv"))
    assert Path("photos/far.csv").read_bytes() == b"made"


def test_a_link_at_a_guessed_place_leads_nowhere() -> None:
    Path(".o.csv.partial").symlink_to("in.csv")
    write(b"rows", Path("o.csv"))
    assert Path("in.csv").read_text().startswith("file")
    assert not Path("o.csv").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_the_rights_of_a_file_are_kept(mode: int) -> None:
    Path("in.csv").chmod(mode)
    write(b"new", Path("in.csv"))
    assert stat.S_IMODE(Path("in.csv").stat().st_mode) == mode


def test_a_new_file_has_the_rights_of_any() -> None:
    write(b"new", Path("new.csv"))
    Path("plain").touch()
    assert Path("new.csv").stat().st_mode == Path("plain").stat().st_mode


def test_threads_may_write_the_same_file() -> None:
    texts = [bytes([65 + number]) * 10_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write(text, Path("same")), texts * 5))
    assert Path("same").read_bytes() in texts
    assert not [*Path().glob(".*")]


def test_what_fails_leaves_nothing() -> None:
    with pytest.raises(OutputError, match="no more"), whole(Path("o.csv")):
        raise OSError("no more")
    assert {path.name for path in Path().iterdir()} == {
        "photos", "in.csv", "link.csv", "hard.csv", "m.onnx"
    }  # fmt: skip
