import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx as onnx_package
import pytest
from linear import CARD, SPEC, export, model, probabilities
from onnx import ModelProto, helper, numpy_helper

from reprise import metadata
from reprise.metadata import InputFormat, Metadata
from reprise.model import MODEL, ModelError, default, load
from reprise.repository import MARKS
from reprise.rule import Rule

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 6, 7, 3), np.uint8)


def complaint(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path, 1)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def written(folder: Path, made: ModelProto) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


@pytest.mark.parametrize("taken", ["uint8", "float"])
@pytest.mark.parametrize("count", [1, 5])
def test_probabilities_are_those_of_the_network(
    taken: InputFormat, count: int, tmp_path: Path
) -> None:
    made = CARD._replace(input=taken)
    loaded = load(export(tmp_path / "model.onnx", made), 1)
    found = loaded.answers(IMAGES[:count]).probabilities
    np.testing.assert_allclose(found, probabilities(IMAGES[:count], made), atol=1e-6)
    assert loaded.metadata == made


def test_a_missing_model_is_named_with_the_remedy(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.onnx").endswith(
        "none.onnx: is missing; name a model that stage `export` wrote, or make one by "
        "`dvc repro export`"
    )


def test_who_has_no_repository_is_told_where_a_model_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for told in (
        complaint(Path("none.onnx")),
        complaint(written(tmp_path, model(metadata={"author": "me"}))),
    ):
        assert "name a model.onnx that Reprise exported: whoever trained it has it" in told
        assert "`dvc get URL models/export/model.onnx` fetches it" in told
        assert "dvc repro" not in told


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand two folders deep in a repository."""
    for mark in MARKS:
        (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / mark).touch()
    (tmp_path / "docs/more").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs/more")
    return tmp_path


def test_the_default_is_that_of_the_repository_as_one_reaches_it(deep: Path) -> None:
    assert default() == Path("../../models/export/model.onnx")  # where it would be
    (deep / MODEL).parent.mkdir(parents=True)
    (deep / MODEL).touch()
    assert default() == Path("../../models/export/model.onnx")
    assert default((MODEL.with_name("other.onnx"), MODEL)) == Path("../..", MODEL)
    MODEL.parent.mkdir(parents=True)
    MODEL.touch()
    assert default() == MODEL  # one that is here comes first


def test_the_default_of_no_repository_is_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default() == MODEL


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in complaint(tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", bytes(1000), b"\x08\x07\x12"])
def test_other_files_are_no_models(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert "is no ONNX model" in complaint(path)


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "model.onnx")
    path.write_bytes(path.read_bytes()[:300])
    assert "is no ONNX model" in complaint(path)


def test_a_model_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, model(metadata={"author": "somebody"}))
    assert "was exported by another program or an old version; name a model that" in complaint(path)


@pytest.mark.parametrize("text", ["", "[]", metadata.dump(CARD).replace("crop", "letterbox")])
def test_a_card_of_another_version_is_refused(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, model(metadata={metadata.KEY: text}))
    assert "of another version of Reprise (" in complaint(path)


@pytest.mark.parametrize(
    "other",
    [
        CARD._replace(classes=("ants", "bees")),
        CARD._replace(spec=SPEC._replace(height=8)),
        CARD._replace(spec=SPEC._replace(channels=1)),
    ],
)
def test_a_card_that_does_not_fit_the_model_is_refused(other: Metadata, tmp_path: Path) -> None:
    path = written(tmp_path, model(metadata={metadata.KEY: metadata.dump(other)}))
    assert "classes are [6, 7, 3, 3], expected [" in complaint(path)


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        (("ants", "bees", "ants"), "class ants 2 times, expected are names that differ"),
        (("a\x1b[2J",) * 3, "class a\\x1b[2J 3 times, expected are names that differ"),
        (("ants", "", "bees"), "class 2 of 3 by an empty text, expected is a name for each"),
        (("", "", ""), "class 1 of 3 by an empty text"),
        (("ants", "bees", " \t"), "class 3 of 3 by an empty text"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(
    classes: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    said = complaint(export(tmp_path / "model.onnx", CARD._replace(classes=classes)))
    assert f": its metadata name {reason}" in said
    assert "dvc repro export" in said


def test_names_that_differ_in_case_or_spaces_are_two(tmp_path: Path) -> None:
    classes = ("ants", "Ants", "ants ")
    found = load(export(tmp_path / "model.onnx", CARD._replace(classes=classes)), 1)
    assert found.metadata.classes == classes


def test_an_open_number_of_classes_is_what_the_weights_say(tmp_path: Path) -> None:
    made = model(metadata={metadata.KEY: metadata.dump(CARD._replace(classes=("a", "b")))})
    for output in made.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = "classes"
    assert "classes are [6, 7, 3, 3], expected [6, 7, 3, 2]" in complaint(written(tmp_path, made))


def test_other_names_of_inputs_and_outputs_are_refused(tmp_path: Path) -> None:
    made = model()
    made.graph.input[0].name = made.graph.node[0].input[0] = "pixels"
    assert "it maps pixels to logits, probabilities, expected are images and" in complaint(
        written(tmp_path, made)
    )


def test_a_model_without_probabilities_is_refused(tmp_path: Path) -> None:
    made = model()
    del made.graph.output[1]
    assert "it maps images to logits, expected" in complaint(written(tmp_path, made))


def test_a_model_that_leaves_its_sizes_open_is_taken(tmp_path: Path) -> None:
    made = model()
    for dimension in made.graph.input[0].type.tensor_type.shape.dim[1:3]:
        dimension.dim_param = f"side_{dimension.dim_value}"
    found = load(written(tmp_path, made), 1).answers(IMAGES).probabilities
    np.testing.assert_allclose(found, probabilities(IMAGES, CARD), atol=1e-6)


def changed(**options: Any) -> ModelProto:  # noqa: ANN401
    """Return a model one of whose constants is made of others while it runs."""
    made = model()
    make = helper.make_node("ConstantOfShape", ["shape"], ["made"])
    made.graph.node.insert(0, make)
    made.graph.initializer.append(numpy_helper.from_array(np.array(options["shape"]), "shape"))
    made.graph.node.insert(1, helper.make_node("ReduceMax", ["made"], ["most"], keepdims=0))
    made.graph.node[3].input[0] = "real"
    made.graph.node[3].input[1] = "sum"
    made.graph.node.insert(3, helper.make_node("Add", ["scale", "most"], ["sum"]))
    return made


@pytest.mark.parametrize("shape", [[2**40], [2**31, 2**20], [2**62, 2**62]])
def test_a_tensor_that_no_machine_can_hold_is_one_message(shape: list[int], tmp_path: Path) -> None:
    path = written(tmp_path, changed(shape=shape))
    with pytest.raises(ModelError) as caught:
        load(path, 1).answers(IMAGES)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"classes": ' + "[" * 100_000, "9" * 5000, "NaN", "null", "\ud800x"[1:]],
)
def test_a_card_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, model(metadata={metadata.KEY: text}))
    assert "of another version of Reprise (" in complaint(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("height", 10**29), ("width", 2**31), ("height", True), ("classes", []), ("classes", [1]),
        ("classes", "ab"), ("channels", [3]), ("resize", {}), ("temperature", "1"),
        ("temperature", -1), ("license", "x" * 10 + "\x1b[2J"), ("version", None),
        ("interpolation", "y" * 200_000),
    ],
)  # fmt: skip
def test_values_of_a_foreign_card_are_refused_or_harmless(
    key: str, value: object, tmp_path: Path
) -> None:
    values = json.loads(metadata.dump(CARD)) | {key: value}
    path = written(tmp_path, model(metadata={metadata.KEY: json.dumps(values)}))
    if key == "license":
        assert load(path, 1).metadata.license == value
        return
    told = complaint(path)
    assert f"({key} is " in told
    assert len(told) < 1000


def test_metadata_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(model().SerializeToString().replace(b"ants", b"\xff\xfe\xfd\xfc"))
    assert "of another version of Reprise (" in complaint(path)


def test_probabilities_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    made = model()
    for constant in made.graph.initializer:
        if constant.name == "weights":
            nothing = np.full_like(numpy_helper.to_array(constant), np.nan)
            constant.CopyFrom(numpy_helper.from_array(nothing, "weights"))
    with pytest.raises(ModelError, match="returns no probabilities"):
        load(written(tmp_path, made), 1).answers(IMAGES)


def test_a_model_with_its_weights_in_another_file_is_found_from_any_folder(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx_package.save_model(
        model(), path, save_as_external_data=True, location="weights.bin", size_threshold=256
    )
    assert (tmp_path / "weights.bin").stat().st_size > 0
    found = load(path, 1).answers(IMAGES).probabilities
    np.testing.assert_allclose(found, probabilities(IMAGES, CARD), atol=1e-6)


def test_a_model_is_read_from_a_folder_whose_name_is_no_utf8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    found = load(export(folder / "model.onnx"), 1).answers(IMAGES).probabilities
    np.testing.assert_allclose(found, probabilities(IMAGES, CARD), atol=1e-6)
    (folder / "text.onnx").write_bytes(b"text")
    with pytest.raises(ModelError, match=r"is no ONNX model .* name a model that stage"):
        load(folder / "text.onnx", 1)


def test_weights_beside_it_are_not_taken_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    onnx_package.save_model(
        model(), "model.onnx", save_as_external_data=True, location="w.bin", size_threshold=256
    )
    folder = Path(os.fsdecode(b"caf\xe9"))
    folder.mkdir()
    Path("model.onnx").rename(folder / "model.onnx")
    with pytest.raises(ModelError, match="is no UTF-8, so that files beside it cannot be read"):
        load(folder / "model.onnx", 1)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"a\\x00b: is no name that a file can have"):
        load(tmp_path / "a\0b", 1)


def test_a_rule_without_its_outputs_is_refused(tmp_path: Path) -> None:
    said = {metadata.KEY: metadata.dump(CARD._replace(rule=Rule()))}
    path = written(tmp_path, model(metadata=said))
    assert "expected are images and probabilities, answered, sets, ood" in complaint(path)
