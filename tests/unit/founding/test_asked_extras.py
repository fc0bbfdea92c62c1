from pathlib import Path

import pytest

from reprise.founding import asked_extras
from reprise.founding.asked_extras import asked

PARAMS = Path("params.yaml").read_text(encoding="utf-8")
REMOTE = """\
['remote "storage"']
    # url = ssh://host/old
    url = {}
"""


def changed(**values: str) -> str:
    """Return params.yaml with other values of parameters whose names occur once."""
    lines = PARAMS.splitlines()
    for name, value in values.items():
        (at,) = (i for i, line in enumerate(lines) if line.startswith(f"  {name}:"))
        lines[at] = f"  {name}: {value}  # mlflow s3://comment"
    return "\n".join(lines) + "\n"


def test_the_digits_ask_for_none() -> None:
    assert asked(PARAMS, REMOTE.format("~/.local/share/reprise")) == set()


@pytest.mark.parametrize(
    ("values", "extras"),
    [
        ({"network": "timm"}, {"timm"}),
        ({"tracker": "wandb"}, {"wandb"}),
        ({"dataset": "hub"}, {"hub"}),
        ({"formats": "[onnx, openvino, coreml]"}, {"openvino", "coreml"}),
        ({"formats": "\n    - onnx\n    - litert"}, {"litert"}),
        ({"address": "gs://bucket/photos.zip"}, {"gs"}),
        ({"address": "https://example.org/s3/timm.zip"}, set()),
    ],
)
def test_a_parameter_asks_for_its_extra(values: dict[str, str], extras: set[str]) -> None:
    assert asked(changed(**values), "") == extras


@pytest.mark.parametrize(
    ("url", "extras"),
    [("s3://b/p", {"s3"}), ("ssh://u@h/p", {"ssh"}), ("sftp://h/p", {"ssh"}), ("/mnt/s3", set())],
)
def test_a_remote_asks_for_its_extra(url: str, extras: set[str]) -> None:
    assert asked(PARAMS, REMOTE.format(url)) == extras


def test_where_there_is_no_pipeline_nothing_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked_extras.main()
    assert capsys.readouterr().out == "\n"
