"""Standard output that is closed, full or not read: one message and exit code 1, or 141."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from linear import export
from toys import encoded, pixels

ROOT = Path(__file__).parents[3]
FULL = Path("/dev/full")
CLOSED = "standard output: is closed, so that nothing can be printed"
NO_SPACE = "No space left on device"
COMMANDS = [["--help"], ["--version"], ["completion", "bash"], ["predict", "m.onnx", "1.png"]]


def ran(words: list[str], end: str, place: Path) -> tuple[int, str]:
    """Run the command in a shell, with something behind it; return exit code and messages."""
    line = f'"$0" -m reprise "$@" {end}'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, *words],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    export(folder / "m.onnx")
    (folder / "1.png").write_bytes(encoded(pixels(0)))
    return folder


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_closed_output_is_told(words: list[str], place: Path) -> None:
    code, said = ran(words, ">&-", place)
    assert (code, said.endswith(CLOSED)) == (1, True), said
    assert ran(words, ">&- 2>&-", place) == (1, "")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_output_is_told(words: list[str], place: Path) -> None:
    code, said = ran(words, f"> {FULL}", place)
    assert (code, said.endswith(NO_SPACE)) == (1, True), said
    assert len(said.splitlines()) == 1


def test_what_goes_to_a_file_needs_no_output(place: Path) -> None:
    assert ran(["predict", "m.onnx", "1.png", "--output", "o.csv"], ">&-", place) == (
        0, "1 picture written to o.csv"
    )  # fmt: skip
    assert "1.png" in (place / "o.csv").read_text("utf-8")


def test_a_closed_input_is_told(place: Path) -> None:
    assert ran(["predict", "m.onnx", "-"], "<&-", place)[0] == 1
    assert ran(["predict", "m.onnx", "-"], "<&- >&-", place)[0] == 1
