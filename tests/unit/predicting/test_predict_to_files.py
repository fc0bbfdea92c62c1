"""`reprise predict` writes rows to a file, heat maps to a folder, and tells the accuracy."""

import csv
import errno
import json
from pathlib import Path

import pytest
from linear import CARD, SPEC, export, probabilities
from PIL import Image as Picture
from toys import encoded, pixels

from reprise import by_products, writing
from reprise.accuracy import Accuracy
from reprise.decoding import decode
from reprise.explanation import explain
from reprise.model import load
from reprise.predict import main
from reprise.prediction import Decision, Prediction, hold
from reprise.resizing import fit
from reprise.rule import Rule
from reprise.writing import OutputError, whole

Captured = pytest.CaptureFixture[str]
NAMES = [f"photos/{number}.png" for number in range(4)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a model, photographs, and a table of them."""
    (tmp_path / "photos").mkdir()
    rows = ["file,label"]
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(encoded(pixels(number, 9 + number, 14)))
        rows.append(f"{name},{best(tmp_path / name)[0] if number else 'wasps'}")
    (tmp_path / "labels.csv").write_text("\n".join(rows), "utf-8")
    export(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)


def best(path: Path) -> tuple[str, float]:
    """Return the most probable class, and its probability."""
    shares = probabilities(fit(decode(path.read_bytes(), 3), SPEC)[None], CARD)[0]
    return CARD.classes[int(shares.argmax())], float(shares.max())


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "txt"])
def test_a_file_has_what_standard_output_would(suffix: str, capsys: Captured) -> None:
    form = {"txt": "table"}.get(suffix, suffix)
    assert main(["m.onnx", "photos", "--format", form]) == 0
    expected = capsys.readouterr().out
    assert main(["m.onnx", "photos", "--output", f"o.{suffix}"]) == 0
    assert capsys.readouterr() == ("", f"4 pictures written to o.{suffix}\n")
    assert Path(f"o.{suffix}").read_text("utf-8") == expected
    assert not [*Path().glob(".*partial")]


def test_a_file_is_replaced_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    Path("o.csv").write_text("old")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(by_products.ByProducts, "take", stop)
        assert main(["m.onnx", "photos", "--output", "o.csv"]) == 130
    assert Path("o.csv").read_text() == "old"
    assert not [*Path().glob(".*partial")]
    assert main(["m.onnx", "photos", "none.png", "--output", "o.csv"]) == 1
    assert len(Path("o.csv").read_text("utf-8").splitlines()) == 1 + 3 * len(NAMES)
    assert capsys.readouterr().err.startswith("stopped\nnone.png: No such file")


def test_a_file_of_json_has_the_errors_and_their_number_is_told(capsys: Captured) -> None:
    assert main(["m.onnx", "photos", "none.png", "--output", "o.jsonl"]) == 1
    rows = [json.loads(line) for line in Path("o.jsonl").read_text("utf-8").splitlines()]
    assert rows[-1] == {"path": "none.png", "error": "No such file or directory"}
    assert ["error" in row for row in rows] == [False] * 4 + [True]
    told = capsys.readouterr().err.splitlines()[1:]
    assert told == ["4 pictures written to o.jsonl", "1 of 5 could not be predicted"]


def test_a_file_that_cannot_be_written_is_one_message(capsys: Captured) -> None:
    assert main(["m.onnx", "photos", "--output", "/dev/full", "--format", "csv"]) == 1
    assert capsys.readouterr() == ("", "/dev/full: cannot be written: No space left on device\n")


def test_a_full_disk_leaves_the_old_file() -> None:
    Path("o.csv").write_text("old")
    with pytest.raises(OutputError, match=r"cannot be written: No space"), whole(Path("o.csv")):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert Path("o.csv").read_text() == "old"
    with pytest.raises(OSError, match="Too many"), whole(Path("o.csv")):
        raise OSError(errno.EMFILE, "Too many open files")


def test_names_of_any_bytes_are_written() -> None:
    with whole(Path("o.csv")) as file:
        file.write("caf\udce9\n")
    assert Path("o.csv").read_bytes() == b"caf\xe9\n"


def test_less_probable_answers_are_unknown(capsys: Captured) -> None:
    shares = [best(Path(name))[1] for name in NAMES]
    threshold = (sorted(shares)[1] + sorted(shares)[2]) / 2
    option = ["--threshold", str(threshold)]
    assert main(["m.onnx", "photos", *option, "--format", "jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["answer"] is not None for line in lines] == [one > threshold for one in shares]
    assert {line["set"] for line in lines} == {None}
    assert main(["m.onnx", "photos", *option]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.startswith("unknown") for row in rows] == [one < threshold for one in shares]
    assert main(["m.onnx", "photos", *option, "--format", "csv", "--top", "1"]) == 0
    table = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["answered"] == "true" for row in table] == [one > threshold for one in shares]


def test_a_threshold_adds_to_a_rule() -> None:
    made = Prediction("a", pixels(0), [("ants", 0.5)])
    assert hold(made, None) is made
    assert not hold(made, 0.5).unknown
    assert hold(made, 0.51).unknown
    ruled = made._replace(decision=Decision(answered=False, ood=True, classes=["ants"]))
    assert hold(ruled, 0.1).decision == ruled.decision
    assert hold(ruled, 0.9).decision == ruled.decision


def test_heat_maps_are_those_of_the_pictures(capsys: Captured) -> None:
    Path("photos/a b.png").write_bytes(Path(NAMES[0]).read_bytes())
    assert main(["m.onnx", NAMES[1], "none.png", "photos/a b.png", "--explain", "heat"]) == 1
    assert sorted(path.name for path in Path("heat").iterdir()) == ["00001-1.png", "00003-a_b.png"]
    network = load(Path("m.onnx"), 1)
    image = fit(decode(Path(NAMES[1]).read_bytes(), 3), SPEC)
    with Picture.open("heat/00001-1.png") as found:
        assert found.tobytes() == explain(network, image).overlay().tobytes()
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    "name", ["../../x/\x1b..png", "a/" + "b" * 300, "..", "", "http://a/b?c=d"]
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    made = by_products._file_name(name)
    assert made
    assert Path(made).name == made
    assert len(made) <= 60
    assert made.isprintable()


def test_a_folder_that_cannot_be_made_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(["m.onnx", "photos", "--explain", "heat"]) == 1
    assert capsys.readouterr().err == "heat: cannot be written: Permission denied\n"
    with pytest.raises(OutputError):
        writing.make(Path("heat"))


def test_the_accuracy_of_a_table_is_told(capsys: Captured) -> None:
    assert main(["m.onnx", "labels.csv", "--format", "jsonl"]) == 0
    printed = capsys.readouterr()
    labels = [json.loads(line)["label"] for line in printed.out.splitlines()]
    assert labels == ["wasps", *(best(Path(name))[0] for name in NAMES[1:])]
    assert printed.err == (
        "accuracy 0.7500: 3 of 4 are right, 1 could not be\n"
        "1 picture has a label that is no class of the model: wasps\n"
    )
    assert main(["m.onnx", "labels.csv", "--threshold", "1"]) == 0
    assert capsys.readouterr().err.startswith("accuracy undefined: 0 of 0 are right, 4 unknown\n")


def test_accuracy_counts_answers_alone() -> None:
    counted = Accuracy(("a", "b"))
    row = Prediction("x", pixels(0), [("a", 0.9)])
    for label, answered in [("a", True), ("b", True), ("a", False), (None, True)]:
        counted.add(row._replace(label=label, decision=Decision(answered, ood=False, classes=None)))
    assert str(counted) == "accuracy 0.5000: 1 of 2 are right, 1 unknown"
    for number in range(9):
        counted.add(row._replace(label=f"\x1b{number}"))
    told = str(counted).splitlines()[1]
    assert told.startswith("9 pictures have a label that is no class of the model: \\x1b0, ")
    assert told.endswith("\\x1b4, and others")


def test_a_rule_that_never_answers_has_no_accuracy(capsys: Captured) -> None:
    export(Path("m.onnx"), CARD._replace(rule=Rule(2.0, None, None, "precision", 0.9, None, None)))
    assert main(["m.onnx", "labels.csv"]) == 0
    assert "accuracy undefined" in capsys.readouterr().err
