import csv
import errno
import json
import os
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from linear import CARD, SPEC, export, probabilities
from PIL import Image as Picture
from toys import encoded, pixels

from reprise import by_products, model
from reprise import predict as command
from reprise.decoding import decode
from reprise.output import HEADER
from reprise.predict import main
from reprise.resizing import fit
from reprise.rule import Rule

Captured = pytest.CaptureFixture[str]
GOOD = ["photos/0.png", "photos/1.png", "photos/deep/2.png"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a model and photographs, one of which is damaged."""
    Path(tmp_path / "photos/deep").mkdir(parents=True)
    for number, name in enumerate(GOOD):
        (tmp_path / name).write_bytes(encoded(pixels(number, 9 + number, 14)))
    (tmp_path / "bad.png").write_bytes(b"text")
    export(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)


def expected(name: str) -> list[tuple[str, float]]:
    """Return classes and probabilities, the highest first, as evaluate would find them."""
    image = fit(decode(Path(name).read_bytes(), SPEC.channels), SPEC)
    shares = probabilities(image[None], CARD)[0]
    order = np.argsort(-shares)
    return [(CARD.classes[label], float(shares[label])) for label in order]


def test_json_lines_have_every_picture_and_its_probabilities(capsys: Captured) -> None:
    assert main(["m.onnx", "photos", "--format", "jsonl"]) == 0
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["path"] for line in lines] == GOOD
    for line in lines:
        wanted = expected(line["path"])
        assert [row["class"] for row in line["predictions"]] == [name for name, _ in wanted]
        found = [row["probability"] for row in line["predictions"]]
        np.testing.assert_allclose(found, [share for _, share in wanted], atol=2e-6)
    assert printed.err == ""


def test_csv_has_a_header_and_a_line_for_every_class_asked_for(capsys: Captured) -> None:
    assert main(["m.onnx", "photos/0.png", "--format", "csv", "--top", "2"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{HEADER}\n")
    rows = list(csv.DictReader(StringIO(printed)))
    assert [row["class"] for row in rows] == [name for name, _ in expected("photos/0.png")[:2]]


def test_the_table_has_a_line_for_every_picture(capsys: Captured) -> None:
    assert main(["m.onnx", "photos", "--top", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [expected(name)[0][0] for name in GOOD]
    assert [line.split()[-1] for line in lines] == GOOD


def test_the_model_is_found_where_the_pipeline_leaves_it(capsys: Captured) -> None:
    Path("models/export").mkdir(parents=True)
    Path("m.onnx").rename("models/export/model.onnx")
    assert main(["photos"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("options", [["--batch-size", "1"], ["--threads", "1"], []])
def test_batches_and_threads_change_nothing(options: list[str], capsys: Captured) -> None:
    main(["m.onnx", "photos", "bad.png"])
    usual = capsys.readouterr()
    main(["m.onnx", "photos", "bad.png", *options])
    assert capsys.readouterr() == usual


def test_bad_pictures_are_reported_and_the_others_predicted(capsys: Captured) -> None:
    Path("empty").mkdir()
    named = ["bad.png", "photos/0.png", "none.png", "empty", "photos/1.png", "*.gif"]
    assert main(["m.onnx", *named, "--format", "csv", "--top", "1"]) == 1
    printed = capsys.readouterr()
    paths = [row["path"] for row in csv.DictReader(StringIO(printed.out))]
    assert paths == ["photos/0.png", "photos/1.png"]
    assert printed.err.splitlines() == [
        "bad.png: no picture of a kind that can be read",
        "none.png: No such file or directory",
        "empty: contains no image",
        "*.gif: matches no file",
        "4 of 6 could not be predicted",
    ]


def test_a_damaged_name_cannot_damage_the_terminal(capsys: Captured) -> None:
    Path("bad.png").rename("\x1b[2J.png")
    assert main(["m.onnx", "\x1b[2J.png"]) == 1
    assert capsys.readouterr().err.startswith("\\x1b[2J.png: no picture")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("none.onnx", "none.onnx: is missing; name a model.onnx that Reprise exported"),
        ("photos.onnx", "photos.onnx: is no ONNX model"),
    ],
)
def test_a_model_that_cannot_be_used_is_one_message(
    model: str, message: str, capsys: Captured
) -> None:
    Path("photos.onnx").write_bytes(b"text")
    assert main([model, "photos"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)
    assert len(printed.err.splitlines()) == 1


def test_the_sheet_shows_what_could_be_predicted(capsys: Captured) -> None:
    assert main(["m.onnx", "bad.png", "photos", "--sheet", "sheet.png"]) == 1
    with Picture.open("sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.size == (12 + 3 * 140, 12 + 128 + 4 * 16 + 12)
    first = Path("sheet.png").read_bytes()
    main(["m.onnx", "photos", "--sheet", "sheet.png", "--batch-size", "1"])
    assert Path("sheet.png").read_bytes() == first
    assert "the sheet" not in capsys.readouterr().err


def test_a_sheet_that_cannot_show_all_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(by_products, "MOST", 2)
    assert main(["m.onnx", "photos", "--sheet", "sheet.png"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert printed.err == "the sheet shows the first 2 of 3 pictures\n"


def test_without_a_prediction_there_is_no_sheet() -> None:
    assert main(["m.onnx", "bad.png", "--sheet", "sheet.png"]) == 1
    assert not Path("sheet.png").exists()


def test_a_sheet_that_cannot_be_written_is_one_message(capsys: Captured) -> None:
    Path("sheet.png").mkdir()
    assert main(["m.onnx", "photos", "--sheet", "sheet.png"]) == 1
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert printed.err == "sheet.png: cannot be written: Is a directory\n"


def test_an_empty_list_is_one_message(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(command, "find", lambda *_: iter(()))
    assert main(["m.onnx", "-"]) == 1
    assert capsys.readouterr() == ("", "standard input: names no image\n")


def test_messages_need_nobody_who_reads_them(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["m.onnx", "photos/0.png", "bad.png", "--top", "1"]) == 1
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (1, "")


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_answers_that_nobody_can_read_are_an_error(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["m.onnx", "photos/0.png", "--format", form]) == 1
    assert capsys.readouterr().err == "standard output: is closed, so that nothing can be printed\n"
    assert main(["m.onnx", "photos/0.png", "--format", form, "--output", "here"]) == 0
    assert Path("here").read_bytes()


def test_ctrl_c_is_one_message(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupt)
    assert main(["photos"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (OSError(errno.ENOSPC, "No space left"), 1, "standard input or output: No space left\n"),
        (OSError("no number"), 1, "standard input or output: no number\n"),
    ],
)
def test_an_output_that_takes_no_more_ends_the_run(
    error: OSError, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(command, "run", fail)
    outlet, inlet = os.pipe()
    with os.fdopen(inlet, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["photos"]) == code
        print("goes nowhere now", flush=True)
    with os.fdopen(outlet, "rb") as printed:
        assert printed.read() == b""
    assert capsys.readouterr().err == message


def test_what_a_folder_holds_besides_is_told(capsys: Captured) -> None:
    Path("photos/notes.txt").write_text("text")
    Path("photos/like").write_bytes(Path(GOOD[0]).read_bytes())
    assert main(["m.onnx", "photos", "--top", "1"]) == 0
    printed = capsys.readouterr()
    assert [line.split()[-1] for line in printed.out.splitlines()][2:] == [*GOOD[2:], "photos/like"]
    assert printed.err == "passed over 1 file that is no image (.txt 1): photos/notes.txt\n"


def test_an_empty_picture_is_named(capsys: Captured) -> None:
    Path("photos/a.jpg").touch()
    assert main(["m.onnx", "photos"]) == 1
    assert "photos/a.jpg: is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "memory has run out (MemoryError); "),
        (RuntimeError("can't start new thread"), "the system starts no further thread ("),
        (OSError(errno.EMFILE, "Too many open files"), "too many files are open ("),
    ],
)
def test_what_the_machine_lacks_is_one_message_and_no_row(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def fail(_: Path) -> bytes:
        raise error

    network = model.load(Path("m.onnx"), 1)
    monkeypatch.setattr(model, "load", lambda *_: network)
    monkeypatch.setattr(Path, "read_bytes", fail)
    assert main(["m.onnx", "photos/0.png"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(told)
    assert len(printed.err.splitlines()) == 1


RULE = Rule(0.6, 0.3, None, "precision", 0.9, 0.1, None)


def test_a_model_with_a_rule_says_what_it_does_not_know(capsys: Captured) -> None:
    export(Path("m.onnx"), CARD._replace(rule=RULE))
    sure = [expected(name)[0][1] >= 0.6 for name in GOOD]
    assert main(["m.onnx", "photos", "--sets", "--sheet", "sheet.png"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("unknown  ") for line in lines] == [not one for one in sure]
    assert all("{" in line for line in lines)
    assert main(["m.onnx", "photos", "--format", "csv", "--top", "1"]) == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [row["answered"] for row in rows] == [str(one).lower() for one in sure]
    assert [row["in_set"] for row in rows] == ["true"] * 3
    assert main(["m.onnx", "photos", "--format", "jsonl"]) == 0
    answers = [json.loads(line)["answer"] for line in capsys.readouterr().out.splitlines()]
    assert [answer is not None for answer in answers] == sure


@pytest.mark.parametrize("rule", [None, RULE._replace(set_threshold=None)])
def test_sets_that_a_model_has_not_are_one_message(rule: Rule | None, capsys: Captured) -> None:
    export(Path("m.onnx"), CARD._replace(rule=rule))
    assert main(["m.onnx", "photos", "--sets"]) == 1
    assert capsys.readouterr().err == (
        "m.onnx: has no sets of classes; set evaluate.conformal_alpha and export it again, or "
        "leave out --sets\n"
    )
