import json
from pathlib import Path

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
    found = privacy.cleaned(text.encode(), hidden()).decode()
    assert found == (
        "address: https://data.example.com/ants.zip\npath: ***/photos\nw: ***/best.pth\n*** ***/x"
    )


def test_what_is_not_private_stays() -> None:
    text = b"path: data/source  # folder\nlr: 0.1\ntable: [a.csv]\n"
    assert privacy.cleaned(text, hidden()) == text
    assert privacy.without_logins(text) == text


def test_an_address_that_is_no_parameter_any_more_loses_its_login() -> None:
    text = b"# was: s3://key:secret@bucket/x?y=z\n"
    assert privacy.without_logins(text) == b"# was: s3://bucket/x\n"


def test_the_name_of_the_machine_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "annas-laptop")
    assert privacy.without_logins(b"ssh://annas-laptop/x") == b"ssh://***/x"


@pytest.mark.parametrize("secret", [ADDRESS, "/mnt/anna/photos", TOKEN, str(Path.cwd())])
def test_a_file_that_cannot_be_changed_is_refused(secret: str) -> None:
    content = b"\0\xff" + json.dumps({"weights": secret}).encode()
    with pytest.raises(
        UserError, match=r"model.onnx: holds a path, a token or an address"
    ) as error:
        privacy.require_clean("model.onnx", content, hidden())
    assert secret not in str(error.value)
    privacy.require_clean("model.onnx", b"\0\xff", hidden())
