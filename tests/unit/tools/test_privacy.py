import json
from html import escape, unescape
from pathlib import Path

import markupsafe
import pytest

from stages.errors import UserError
from tools.publishing import privacy

ADDRESS = "https://anna:s3cret@data.example.com/ants.zip?sig=abcdef"
PARAMS: dict[str, dict[str, object]] = {
    "download": {
        "address": ADDRESS,
        "path": "/mnt/anna/photos",
        "mirror": None,
        "table": ["a.csv"],
    },
    "train": {"weights": "~/weights/best.pth", "lr": 0.1},
}
TOKEN = "hf_abcdefgh"  # noqa: S105


def hidden() -> dict[str, str]:
    return privacy.private(PARAMS, TOKEN)


def test_paths_logins_and_tokens_are_replaced_in_text() -> None:
    text = (
        f"address: {ADDRESS}\npath: /mnt/anna/photos\nw: ~/weights/best.pth\n{TOKEN} {Path.cwd()}/x"
    )
    assert privacy.cleaned(text, hidden()) == (
        "address: https://data.example.com/ants.zip\npath: ***/photos\nw: ***/best.pth\n*** ***/x"
    )


def test_what_is_not_private_stays() -> None:
    text = "path: data/source  # folder\nlr: 0.1\ntable: [a.csv]\n"
    assert privacy.cleaned(text, hidden()) == text


def test_an_address_that_is_no_parameter_any_more_loses_its_login() -> None:
    assert privacy.cleaned("# was: s3://key:secret@bucket/x?y=z\n", {}) == "# was: s3://bucket/x\n"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/mnt/anna/photos", "***/photos"),
        ("/mnt/anna/photos/", "***/photos"),
        ("/mnt/anna/../photos", "***/photos"),
        ("~/photos.zip", "***/photos.zip"),
        ("~anna", "***"),
        (r"C:\Users\anna\photos", "***/photos"),
        (r"\\server\anna\photos", "***/photos"),
        ("file:///mnt/anna/photos", "***/photos"),
        ("File:///mnt/anna/photos?x=y", "***/photos"),
        (str(Path.home()), "***"),
        (f"{Path.home()}/photos", "***/photos"),
    ],
)
def test_of_a_path_the_last_part_is_shown(path: str, shown: str) -> None:
    found = privacy.private({"download": {"path": path}}, None)
    once = privacy.cleaned(path, found)
    assert once.lower().removeprefix("file://").rstrip("/") == shown
    assert privacy.cleaned(once, found) == once


def test_a_path_is_hidden_as_the_system_writes_it() -> None:
    found = privacy.private({"download": {"path": "/mnt//anna/photos/"}}, None)
    assert privacy.cleaned("/mnt/anna/photos/1.jpg", found) == "***/photos/1.jpg"


@pytest.mark.parametrize(
    "text",
    [
        "tests/data/x",
        "s3://bucket/data/x",
        "../data/x",
        "<data></data>",
        "a-/data",
        "https://h/data",
    ],
)
def test_a_path_is_hidden_only_where_a_path_begins(text: str) -> None:
    found = privacy.private({"download": {"path": "/data"}}, None)
    assert privacy.cleaned(text, found) == text
    assert privacy.cleaned("--path=/data/x:/data '/data'", found) == (
        "--path=***/data/x:***/data '***/data'"
    )


def test_a_path_is_hidden_as_json_markdown_and_html_write_it() -> None:
    path = '/mnt/größe "a|b" & c/x "|y"'
    found = privacy.private({"download": {"path": path}}, None)
    written = json.dumps({"path": path})
    assert json.loads(privacy.cleaned(written, found)) == {"path": '***/x "|y"'}
    cell = written.replace("|", "\\|")
    assert privacy.cleaned(cell, found).replace("\\|", "|") == privacy.cleaned(written, found)
    for page in (escape(path), escape(path, quote=False), str(markupsafe.escape(path))):
        assert unescape(privacy.cleaned(page, found)) == '***/x "|y"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ssh://train/x", "ssh://***/x"),
        ("ssh://anna@train:22/x", "ssh://***:22/x"),
        ("http://TRAIN.local:8080", "http://***.local:8080"),
        ("http://train.example.com/x", "http://***/x"),
        ("anna@train:/mnt", "anna@***:/mnt"),
        ("train: 1", "train: 1"),
        ("python -m stages.train", "python -m stages.train"),
        ("stages/train.py", "stages/train.py"),
        ("https://host/train/x", "https://host/train/x"),
        ("https://trains.example.com", "https://trains.example.com"),
        ("https://train-a.example.com", "https://train-a.example.com"),
        ("https://a.train.com", "https://a.train.com"),
        ("@train", "@train"),
    ],
)
def test_this_machine_is_hidden_where_an_address_names_it(
    text: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "train.example.com")
    assert privacy.cleaned(text, {}) == shown


def test_a_machine_without_a_name_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "")
    assert privacy.cleaned("ssh://train/x", {}) == "ssh://train/x"


def test_parameters_are_cleaned_whatever_holds_them() -> None:
    found = privacy.cleaned_values({"a": ["/mnt/anna/photos", 1, None], "b": TOKEN}, hidden())
    assert found == {"a": ["***/photos", 1, None], "b": "***"}


@pytest.mark.parametrize("secret", [ADDRESS, "/mnt/anna/photos", TOKEN, str(Path.cwd())])
def test_a_file_that_cannot_be_changed_is_refused(secret: str) -> None:
    content = b"\0\xff" + json.dumps({"weights": secret}).encode()
    with pytest.raises(
        UserError, match=r"model.onnx: holds a path, a token or an address"
    ) as error:
        privacy.require_clean("model.onnx", content, hidden())
    assert secret not in str(error.value)
    privacy.require_clean("model.onnx", b"\0\xff", hidden())
