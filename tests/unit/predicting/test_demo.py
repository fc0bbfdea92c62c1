"""The command `reprise demo`."""

import hashlib
import json
from pathlib import Path

import linear
import pytest

from reprise.demo import web_runtime
from reprise.demo.demo import main
from reprise.rule import Rule

HOSTILE = ("</script><script>alert(1)</script>", "\u732b", "\u202egpj.exe")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder to work in, with a model, and pin a small runtime in runtime/."""
    (tmp_path / "runtime").mkdir()
    members = {}
    for name, (own, _) in web_runtime.MEMBERS.items():
        (tmp_path / "runtime" / own).write_bytes(own.encode())
        members[name] = (own, hashlib.sha256(own.encode()).hexdigest())
    monkeypatch.setattr(web_runtime, "MEMBERS", members)
    monkeypatch.chdir(tmp_path)
    linear.export(tmp_path / "model.onnx", linear.CARD._replace(classes=HOSTILE))
    return tmp_path


def run(*more: str, model: str = "model.onnx") -> int:
    return main(["site", "--model", model, "--runtime", "runtime", *more])


def test_the_page_knows_what_the_model_says(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = Rule(0.9, 0.5, None, "precision", 0.95, 0.1, None)
    card = linear.CARD._replace(rule=rule, classes=HOSTILE, input="float")
    content = linear.export(place / "model.onnx", card).read_bytes()
    assert run("--name", "Tiere <b>") == 0
    assert (place / "site" / "model.onnx").read_bytes() == content
    text = (place / "site" / "demo.json").read_text("ascii")
    assert json.loads(text)["model"] == {
        "name": "model",
        "title": "Tiere <b>",
        "version": hashlib.sha256(content).hexdigest()[:12],
        "classes": list(HOSTILE),
        "input": {**linear.SPEC._asdict(), "format": "float"},
        "abstains": True, "sets": True, "decides": True, "license": "Apache-2.0",
    }  # fmt: skip
    assert "python -m http.server --directory site" in capsys.readouterr().out


def test_a_title_is_utf8_whatever_the_locale(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--name", "Zahl \udcc3\udcbc") == 0  # as Python has ü where the locale is C
    told = json.loads((place / "site" / "demo.json").read_bytes())["model"]
    assert told["title"] == "Zahl ü"
    assert run("--name", "Zahl \udcff") == 1
    assert capsys.readouterr().err == "--name Zahl \\udcff: is no text in UTF-8\n"


def test_a_model_without_a_rule_always_answers(place: Path) -> None:
    assert run() == 0
    told = json.loads((place / "site" / "demo.json").read_bytes())["model"]
    assert [told[key] for key in ("abstains", "sets", "decides")] == [False] * 3


@pytest.mark.parametrize("name", ["model_any_size.onnx", "model.onnx"])
def test_the_exported_model_is_the_default(place: Path, name: str) -> None:
    (place / "models" / "export").mkdir(parents=True)
    content = linear.export(place / "models" / "export" / name).read_bytes()
    assert main(["site", "--runtime", "runtime"]) == 0
    assert (place / "site" / "model.onnx").read_bytes() == content


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("absent.onnx", "absent.onnx: is missing; name a model"),
        ("bad.onnx", "is no ONNX model that ONNX Runtime can run"),
    ],
)
def test_no_model_no_folder(
    place: Path, capsys: pytest.CaptureFixture[str], model: str, message: str
) -> None:
    (place / "bad.onnx").write_bytes(b"bad")
    assert run(model=model) == 1
    assert message in capsys.readouterr().err
    assert not (place / "site").exists()


def test_a_model_in_several_files_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "model.onnx.data").write_bytes(b"weights")
    assert run() == 1
    assert "browsers load models of one file" in capsys.readouterr().err


def test_another_runtime_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "runtime" / "ort.wasm").write_bytes(b"evil")
    assert run() == 1
    assert "its SHA-256 is" in capsys.readouterr().err
    assert not (place / "site").exists()


def test_a_folder_of_somebody_else_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "site").mkdir()
    (place / "site" / "thesis").touch()
    assert run() == 1
    assert "holds thesis" in capsys.readouterr().err


def test_the_help_tells_of_the_runtime(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert web_runtime.VERSION in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--modell", "x"]])
def test_a_wrong_command_line_is_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
