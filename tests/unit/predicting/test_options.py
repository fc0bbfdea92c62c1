import re
from pathlib import Path

import pytest

from reprise.model import MODEL
from reprise.options import Options, parse
from reprise.sourcing.tabled import PictureColumns

DEFAULTS = Options(MODEL, ["a.png"], 3, "table", 32, 2, None)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 5}, raising=False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.png", DEFAULTS),
        ("m.onnx a.png", DEFAULTS._replace(model=Path("m.onnx"))),
        ("m.ONNX a.png", DEFAULTS._replace(model=Path("m.ONNX"))),
        ("a.png m.onnx", DEFAULTS._replace(images=["a.png", "m.onnx"])),
        ("-", DEFAULTS._replace(images=["-"])),
        ("m.onnx -- -a.png", DEFAULTS._replace(model=Path("m.onnx"), images=["-a.png"])),
        (
            "m.onnx --top 5 a.png --format=csv b",
            DEFAULTS._replace(model=Path("m.onnx"), images=["a.png", "b"], top=5, format="csv"),
        ),
        (
            "--batch-size 1 --threads 7 --sheet s.PNG --sets a.png",
            DEFAULTS._replace(batch_size=1, threads=7, sheet=Path("s.PNG"), sets=True),
        ),
        (
            "a.png --output o.csv --threshold 0.5 --explain heat",
            DEFAULTS._replace(
                output=Path("o.csv"), format="csv", threshold=0.5, explain=Path("heat")
            ),
        ),
        (
            "a --output o.JSONL",
            DEFAULTS._replace(images=["a"], output=Path("o.JSONL"), format="jsonl"),
        ),
        ("a.png --output o --format csv", DEFAULTS._replace(output=Path("o"), format="csv")),
        ("a.png --output o.txt", DEFAULTS._replace(output=Path("o.txt"))),
        (
            "a.png --output o.csv --format table",
            DEFAULTS._replace(output=Path("o.csv"), format="table"),
        ),
        (
            "a.png --file-column x --label-column y",
            DEFAULTS._replace(columns=PictureColumns("x", "y")),
        ),
    ],
)
def test_the_command_line_is_read_in_any_order(line: str, expected: Options) -> None:
    assert parse(line.split()) == expected


def test_cores_are_counted_where_the_system_does_not_say_which_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 9)
    assert parse(["a.png"]).threads == 9


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: IMAGES"),
        ("m.onnx", "name IMAGES, too"),
        ("m.onnx - a.png -", "- stands more than once; standard input can be read but once"),
        ("m.pt2 a.png", "m.pt2 is for PyTorch; name the model.onnx"),
        ("M.SAFETENSORS", "M.SAFETENSORS is for PyTorch; name the model.onnx"),
        ("a.png --top 0", "--top: must be a whole number from 1, is '0'"),
        ("a.png --top -1", "--top"),
        ("a.png --batch-size 1.5", "--batch-size: must be a whole number from 1, is '1.5'"),
        ("a.png --threads many", "--threads: must be a whole number from 1, is 'many'"),
        (f"a.png --batch-size {'9' * 20}", "--batch-size: must be 1,048,576 at most, is 99999"),
        (f"a.png --batch-size {'9' * 5000}", "--batch-size: must be 1,048,576 at most, is 99999"),
        ("a.png --threads 5000000000", "--threads: must be 4,096 at most, is 5000000000"),
        ("a.png --threads 0", "--threads: must be a whole number from 1, is '0'"),
        (f"a.png --top {'9' * 5000}", "--top: must be 1,048,576 at most, is 99999"),
        (f"a.png --output {'o' * 300}.csv", "--output: "),
        (f"a.png --explain {'o' * 300}", ": File name too long"),
        ("a.png --top ²", "--top: must be a whole number"),
        ("a.png --format xml", "--format: must be table, jsonl or csv, is 'xml'"),
        ("a.png --sheet s.jpg", "--sheet: must end in .png, is 's.jpg'"),
        ("a.png --sheet none/s.png", "--sheet: none is no folder; make it first"),
        ("a.png --output none/o.csv", "--output: none is no folder; make it first"),
        ("a.png --output .", "--output: . is a folder; name a file"),
        (
            "a.png --output a.parquet",
            "--output a.parquet: ends in none of .jsonl",
        ),
        ("a.png --explain none/heat", "--explain: none is no folder; make it first"),
        ("a.png --explain pyproject.toml", "--explain: pyproject.toml is no folder"),
        ("a.png --threshold 2", "--threshold: must be a number from 0 to 1, is '2'"),
        ("a.png --threshold nan", "--threshold: must be a number from 0 to 1, is 'nan'"),
        ("a.png --threshold half", "--threshold: must be a number from 0 to 1, is 'half'"),
        ("a.png --batch 3", "there is no option --batch; did you mean --batch-size?"),
        ("a.png --verbose", "there is no option --verbose; `reprise predict --help` lists them"),
        ("--treshold 0.8 a.png", "there is no option --treshold; did you mean --threshold?"),
        ("--batch_size=3", "there is no option --batch_size; did you mean --batch-size?"),
        ("a.png -top 3", "there is no option -top; did you mean --top?"),
        ("a.png --json", "there is no option --json; did you mean --format jsonl?"),
        ("a.png --format jsnl", "is 'jsnl'; did you mean jsonl?"),
    ],
)
def test_a_mistake_ends_with_usage_and_code_2(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(line.split())
    printed = capsys.readouterr().err
    assert printed.startswith("usage: reprise predict [MODEL.onnx] IMAGES... [options]\n")
    assert message in printed


def test_help_tells_all_that_the_command_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    printed = capsys.readouterr().out
    assert set(re.findall(r"--[a-z-]+", printed)) >= {
        "--top", "--format", "--batch-size", "--threads", "--sheet"
    }  # fmt: skip
    assert "exit codes:\n  0    all was predicted" in printed
    assert max(map(len, printed.splitlines())) <= 100
