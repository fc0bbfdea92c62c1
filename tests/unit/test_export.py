import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession
from pydantic import ValidationError
from torch import Tensor
from toys import INTERFACE, RUNTIME, section, split, store, store_figures, untrained

from reprise.metadata import KEY, parse
from reprise.rule import Rule
from stages import export as stage
from stages.artifacts import classifier, decision
from stages.artifacts.exported import Files, Portable, write
from stages.artifacts.splits import Meta
from stages.errors import UserError
from stages.export import Export, export
from stages.exporting import conversion
from stages.exporting.conversion import Data
from stages.exporting.formats import Format
from stages.exporting.inference import Inference, Outputs, collect
from stages.world import World

PARAMS = Export.model_validate(
    section(
        "export",
        **RUNTIME,
        calibration=8,
        on_unsupported="fail",
        license="MIT",
        version="1.0",
        batch_size=4,
    )
)
TRAIN, TEST = split(12, 1), split(10)
META = Meta(interface=INTERFACE, counts={"train": 12, "val": 0, "test": 10}, excluded={})
PATHS = [f"test/{index}.png" for index in range(10)]


@pytest.fixture(scope="module")
def exported() -> Portable:
    return export(PARAMS, untrained(), Data(TRAIN, TEST, PATHS, META), World(torch.device("cpu")))


def test_onnx_runtime_predicts_what_the_classifier_does(exported: Portable) -> None:
    session = InferenceSession(exported.files["model.onnx"], providers=["CPUExecutionProvider"])
    logits, *_ = session.run(None, {"images": TEST.images})
    with torch.inference_mode():
        expected = untrained().whole()(torch.from_numpy(TEST.images))
    torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-5, atol=1e-5)
    card = parse(session.get_modelmeta().custom_metadata_map[KEY])
    assert card.classes == INTERFACE.classes


def test_the_comparison_is_that_of_an_exact_copy(exported: Portable) -> None:
    with torch.inference_mode():
        predictions = untrained().whole()(torch.from_numpy(TEST.images)).argmax(1).numpy()
    assert exported.comparison["onnx"] == {
        "accuracy": pytest.approx((predictions == TEST.labels).mean()),
        "agreement": 1.0,
        "max_probability_difference": 1e-5,
        "same_decisions": 1.0,
        "bytes": len(exported.files["model.onnx"]),
    }


def test_the_model_card_is_beside_the_models(exported: Portable) -> None:
    assert exported.files["README.md"].startswith(b"# Image classifier, version 1.0\n")


def test_what_is_not_made_is_no_file() -> None:
    odd = INTERFACE.model_copy(update={"interpolation": "lanczos"})
    source = untrained()
    source = source._replace(card=source.card.model_copy(update={"interface": odd}))
    params = PARAMS.model_copy(update={"with_resizing": True, "on_unsupported": "skip"})
    made = export(params, source, Data(TRAIN, TEST, PATHS, META), World(torch.device("cpu")))
    assert sorted(made.files) == ["README.md", "model.onnx"]
    assert "no filter lanczos" in str(made.comparison["onnx_any_size"]["unsupported"])


def test_the_files_of_a_format_are_written_and_in_the_model_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict(files: Files, batches: Iterable[Tensor], threads: int) -> Outputs:  # noqa: ARG001
        assert [*files.values()] == [b"graph", b"weights"]
        with torch.inference_mode():
            return collect(Inference(untrained(), PARAMS)(images) for images in batches)

    pair = Format(lambda _: {"pair/graph.xml": b"graph", "pair/weights.bin": b"weights"}, predict)
    monkeypatch.setattr(conversion, "known", lambda _: {"pair": pair})
    params = PARAMS.model_copy(update={"formats": ("pair",)})
    made = export(params, untrained(), Data(TRAIN, TEST, PATHS, META), World(torch.device("cpu")))
    write(made, tmp_path)
    folder = tmp_path / "models/export"
    assert (folder / "pair/graph.xml").read_bytes() == b"graph"
    assert (folder / "pair/weights.bin").read_bytes() == b"weights"
    assert re.search(
        r"^\| pair \| .* \| 100.00% \| .* \| .* \| 12 \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    assert json.loads((tmp_path / "metrics/export.json").read_text())["formats"][0]["bytes"] == 12


@pytest.mark.parametrize("key", ["opset", "batch_size", "threads", "calibration"])
@pytest.mark.parametrize("value", [0, 2.0, "20", None])
def test_parameters_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Export.model_validate({**PARAMS.model_dump(), key: value})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"export: {PARAMS.model_dump_json()}")
    store({"train": TRAIN, "test": TEST})
    store_figures("Toys")


@pytest.mark.usefixtures("workspace")
def test_the_stage_reads_classifier_and_splits_and_writes_models(
    exported: Portable, capsys: pytest.CaptureFixture[str]
) -> None:
    classifier.write(untrained())
    decision.write(Rule())
    stage.main()
    for name, content in exported.files.items():
        if name != "README.md":
            assert Path("models/export", name).read_bytes() == content
    card = Path("models/export/README.md").read_text("utf-8")
    assert card.startswith("# Toys: image classifier, version 1.0\n")
    assert "| 1 | `bright` | 6 | 0 | 5 |" in card
    assert not Path("metrics/environment").exists()  # DVC does not run it
    assert json.loads(Path("metrics/export.json").read_text())["formats"][0]["agreement"] == 1.0
    printed = capsys.readouterr()
    assert "100.00% of the predictions agree with the classifier's; " in printed.out
    assert printed.out.endswith("Open metrics/evaluate/report.html for the scores.\n")
    assert "convert to onnx\npredict test with onnx 10 of 10 images" in printed.err


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro train`"):
        stage.main()


@pytest.mark.usefixtures("workspace")
def test_a_classifier_of_other_classes_is_refused() -> None:
    source = untrained()
    other = source.card.interface.model_copy(update={"classes": ("dark", "light")})
    classifier.write(source._replace(card=source.card.model_copy(update={"interface": other})))
    with pytest.raises(UserError, match=r"data/splits: is of class 1 bright, but .*class 1 light"):
        stage.main()
    assert not Path("models/export").exists()
