import json
from pathlib import Path
from typing import Any

import markupsafe
import pytest
from huggingface_hub import ModelCard
from ruamel.yaml import YAML

from stages.artifacts import classifier, exported, report
from stages.errors import UserError
from tools.publishing import bundle

COMMIT = "0123456789" * 4
PLACE = "/mnt/anna b/" + "photographs of ants and bees " * 5 + "for 'all'/Ants & bees.tar.gz"
SHOWN = "***/Ants & bees.tar.gz"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with what is published of images at a private place."""
    params = YAML().load(Path("params.yaml"))
    scores = Path(report.SCORES).read_bytes()
    monkeypatch.chdir(tmp_path)
    params["download"] |= {"dataset": "folder", "path": PLACE}
    YAML().dump(params, Path("params.yaml"))
    dep = {"path": PLACE, "md5": "a"}
    said = {"cmd": "x", "deps": [dep], "params": {"params.yaml": {"download": {"path": PLACE}}}}
    YAML().dump({"stages": {"train": said}}, Path("dvc.lock"))
    files = {classifier.PATH: b"\0", report.SCORES: scores, exported.MODELS / "model.onnx": b"\0"}
    files[report.PAGE] = f"<p>/mnt/x {markupsafe.escape(PLACE)}</p>".encode()
    files[exported.MODELS / "README.md"] = f"| a | {json.dumps(PLACE)} |".encode()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def parsed(content: bytes) -> Any:  # noqa: ANN401
    return YAML(typ="safe").load(content)


def test_nothing_private_is_published(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "train")
    assert PLACE.encode() not in (made / "dvc.lock").read_bytes()  # it is folded
    files = bundle.collect("ants", COMMIT, None)
    assert not [name for name, content in files.items() if b"anna" in content]
    assert parsed(files["params.yaml"])["download"]["path"] == SHOWN
    locked = parsed(files["dvc.lock"])["stages"]["train"]
    assert locked["deps"] == [{"path": SHOWN, "md5": "a"}]
    assert locked["params"]["params.yaml"] == {"download": {"path": SHOWN}}
    assert b"***/Ants &amp; bees.tar.gz</p>" in files["report.html"]
    assert f'| a | "{SHOWN}" |' in files["README.md"].decode()
    (result,) = ModelCard(files["README.md"].decode()).data.to_dict()["model-index"][0]["results"]
    assert result["dataset"] == {"name": "Ants & bees", "type": "folder", "split": "test"}


def test_a_model_with_a_private_path_is_refused(made: Path) -> None:
    (made / exported.MODELS / "model.onnx").write_bytes(b"\0z" + PLACE.encode())
    with pytest.raises(UserError, match=r"^model.onnx: holds a path, a token or an address"):
        bundle.collect("ants", COMMIT, None)
