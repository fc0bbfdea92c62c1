"""The predictor as a process: streams, pipes, signals, and what it must not import."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from linear import CARD, export
from toys import encoded, pixels

ROOT = Path(__file__).parents[3]
# What the pipeline has and the predictor has not; NumPy's tests and the like are not asked for.
FOREIGN = ("torch", "torchvision", "pydantic", "pandas", "pyarrow", "jaxtyping", "onnx", "stages",
           "dvc", "ruamel", "safetensors", "sklearn", "scipy", "matplotlib", "tqdm", "yaml",
           "beartype", "setuptools")  # fmt: skip
ALONE = f"""
import sys
from importlib.abc import MetaPathFinder

class Blocker(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {FOREIGN}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
from reprise.predict import main
sys.exit(main())
"""
Process = subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model and 40 pictures."""
    folder = tmp_path_factory.mktemp("process")
    export(folder / "m.onnx")
    (folder / "photos").mkdir()
    for number in range(40):
        name = os.fsencode(f"{number:02}-") + (b"caf\xe9" if number == 0 else b"ok") + b".png"
        path = os.fsencode(folder / "photos") + b"/" + name
        Path(os.fsdecode(path)).write_bytes(encoded(pixels(number)))
    return folder


def start(
    place: Path, *arguments: str, alone: bool = False, stdout: int = subprocess.PIPE
) -> Process:
    program = ["-c", ALONE] if alone else ["-m", "reprise.predict"]
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def finish(process: Process, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    out, err = process.communicate(stdin)
    return process.returncode, out, err


def say(process: Process, names: bytes) -> bytes:
    """Write names on standard input, and return the next line that comes."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(names)
    process.stdin.flush()
    return process.stdout.readline()


def test_a_table_names_files_in_utf8_whatever_the_locale(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUTF8", "0")  # without, Python takes UTF-8 where the locale is C
    Path(place, "names").mkdir()
    Path(place, "names", "ü漢.png").write_bytes(encoded(pixels(0)))
    Path(place, "names", "t.csv").write_text("file\nü漢.png\n", "utf-8")
    for named in ("names/t.csv", "names/ü漢.png"):
        code, out, err = finish(start(place, "m.onnx", named))
        assert (code, err) == (0, b"")
        assert out.decode().endswith("ü漢.png\n")


def test_it_runs_without_the_training_stack(place: Path) -> None:
    options = ("--format", "jsonl", "--sheet", "sheet.png")
    code, out, err = finish(start(place, "m.onnx", "photos", *options, alone=True))
    assert (code, err) == (0, b"")
    assert len(out.splitlines()) == 40
    assert (place / "sheet.png").exists()


def test_a_picture_may_come_through_a_pipe(place: Path) -> None:
    process = start(place, "m.onnx", "-", "--format", "jsonl")
    code, out, err = finish(process, encoded(pixels(7)))
    assert (code, err) == (0, b"")
    (line,) = map(json.loads, out.splitlines())
    assert line["path"] == "-"
    assert {row["class"] for row in line["predictions"]} == set(CARD.classes)


def test_names_of_any_bytes_go_in_and_come_out(place: Path) -> None:
    names = b"photos/00-caf\xe9.png\nphotos/01-ok.png\n"
    code, out, err = finish(start(place, "m.onnx", "-", "--format", "csv"), names)
    assert (code, err) == (0, b"")
    assert b"photos/00-caf\xe9.png,1," in out
    assert ",Käfer,".encode() in out


def test_rows_appear_batch_by_batch(place: Path) -> None:
    with start(place, "m.onnx", "-", "--batch-size", "1", "--format", "jsonl") as process:
        said = say(process, b"photos/01-ok.png\nphotos/02-ok.png\n")
        assert json.loads(said)["path"] == "photos/01-ok.png"
        code, out, _ = finish(process, b"photos/03-ok.png\n")
    assert code == 0
    assert [json.loads(line)["path"][7:9] for line in out.splitlines()] == ["02", "03"]


def test_a_reader_that_has_seen_enough_ends_the_run_silently(place: Path) -> None:
    with start(place, "m.onnx", "photos", "--batch-size", "1") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_message(place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = start(place, "m.onnx", "photos", stdout=full.fileno())
        code, _, err = finish(process)
    assert (code, err) == (1, b"standard input or output: No space left on device\n")


@pytest.fixture
def heard() -> Iterator[None]:
    """Have processes hear of Ctrl-C also where the tests were started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_stops_it_with_one_message(place: Path) -> None:
    with start(place, "m.onnx", "-", "--batch-size", "1") as process:
        say(process, b"photos/01-ok.png\nphotos/02-ok.png\n")  # and now it waits for more
        process.send_signal(signal.SIGINT)
        assert process.stderr
        assert process.stderr.read() == b"stopped\n"
    assert process.returncode == 130


def test_streams_that_are_not_needed_may_be_closed(place: Path) -> None:
    line = f"{sys.executable} -m reprise.predict m.onnx photos/01-ok.png <&- 2>&-"
    done = subprocess.run(
        ["sh", "-c", line], cwd=place, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("module", ["reprise.model", "stages.exporting.formats"])
def test_onnx_runtime_writes_nothing_at_home_to_report_there(tmp_path: Path, module: str) -> None:
    unset = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    here = {name: value for name, value in os.environ.items() if name not in unset}
    code = f"import {module}, onnxruntime, reprise"
    environment = here | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert not [*tmp_path.rglob("*onnxruntime*")]
