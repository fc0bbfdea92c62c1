import json
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession
from pydantic import ValidationError
from toys import split, store, untrained

from stages import export as stage
from stages.artifacts import classifier
from stages.artifacts.portable import Portable
from stages.errors import UserError
from stages.export import Export, export
from stages.exporting import onnx

PARAMS = Export(opset=20, batch_size=4, threads=1)
TEST = split(10)


@pytest.fixture(scope="module")
def exported() -> Portable:
    return export(PARAMS, untrained(), TEST)


def test_onnx_runtime_predicts_what_the_classifier_does(exported: Portable) -> None:
    session = InferenceSession(exported.models["model.onnx"], providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"images": TEST.images})
    with torch.inference_mode():
        expected = untrained().whole()(torch.from_numpy(TEST.images))
    torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-5, atol=1e-5)


def test_the_comparison_is_that_of_an_exact_copy(exported: Portable) -> None:
    with torch.inference_mode():
        predictions = untrained().whole()(torch.from_numpy(TEST.images)).argmax(1).numpy()
    assert exported.comparison["onnx"] == {
        "accuracy": pytest.approx((predictions == TEST.labels).mean()),
        "agreement": 1.0,
        "max_probability_difference": pytest.approx(0, abs=1e-6),
        "bytes": len(exported.models["model.onnx"]),
    }


def test_a_model_that_disagrees_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = onnx.predict
    monkeypatch.setattr(onnx, "predict", lambda *given: -honest(*given))
    assert export(PARAMS, untrained(), TEST).comparison["onnx"]["agreement"] == 0.0


@pytest.mark.parametrize("key", ["opset", "batch_size", "threads"])
@pytest.mark.parametrize("value", [0, 2.0, "20", None])
def test_parameters_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Export.model_validate({**PARAMS.model_dump(), key: value})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"export: {PARAMS.model_dump_json()}")
    store({"test": TEST})


@pytest.mark.usefixtures("workspace")
def test_the_stage_reads_classifier_and_splits_and_writes_models(
    exported: Portable, capsys: pytest.CaptureFixture[str]
) -> None:
    classifier.write(untrained())
    stage.main()
    assert Path("models/export/model.onnx").read_bytes() == exported.models["model.onnx"]
    assert json.loads(Path("metrics/export.json").read_text())["onnx"]["agreement"] == 1.0
    expected = "onnx: 100.00% of the predictions agree with the classifier's"
    assert expected in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro train`"):
        stage.main()
