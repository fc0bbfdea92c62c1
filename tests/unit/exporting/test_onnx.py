from pathlib import Path

import onnx as onnx_package
import pytest
from exports import IMAGES, Branching, close, expected, job
from onnx import ModelProto, TensorProto, helper
from pydantic import ValidationError

from stages.exporting import onnx
from stages.exporting.onnx import Onnx

PARAMS = Onnx(opset=20)


@pytest.fixture(scope="module")
def model() -> bytes:
    return onnx.convert(job(), PARAMS)


def test_the_same_network_is_the_same_bytes(model: bytes) -> None:
    assert onnx.convert(job(), PARAMS) == model


def test_no_path_of_this_machine_is_inside(model: bytes) -> None:
    assert str(Path.cwd()).encode() not in model
    assert str(Path.home()).encode() + b"/" not in model
    assert b".py" not in model
    assert b"site-packages" not in model


def test_the_checker_of_onnx_accepts_it(model: bytes) -> None:
    onnx_package.checker.check_model(model, full_check=True)


@pytest.mark.parametrize("opset", [18, 23])
def test_the_operator_set_is_the_one_asked_for(opset: int) -> None:
    made = ModelProto.FromString(onnx.convert(job(), Onnx(opset=opset)))
    assert {one.domain: one.version for one in made.opset_import}[""] == opset


def test_names_and_types_are_as_documented(model: bytes) -> None:
    session = onnx.session(model, 1)
    (images,), outputs = session.get_inputs(), session.get_outputs()
    assert (images.name, images.type, images.shape) == (
        "images",
        "tensor(uint8)",
        ["batch", 4, 5, 1],
    )
    assert [(one.name, one.type, one.shape) for one in outputs] == [
        ("logits", "tensor(float)", ["batch", 2]),
        ("probabilities", "tensor(float)", ["batch", 2]),
        ("answered", "tensor(bool)", ["batch"]),
        ("sets", "tensor(bool)", ["batch", 2]),
        ("ood", "tensor(bool)", ["batch"]),
    ]


def test_the_description_is_its_only_note(model: bytes) -> None:
    notes = ModelProto.FromString(model).metadata_props
    assert [(note.key, note.value) for note in notes] == [("reprise", job().description)]


@pytest.mark.parametrize("size", [1, 2, 10])
def test_any_number_of_images_gives_the_outputs_of_the_classifier(model: bytes, size: int) -> None:
    close(onnx.predict(model, IMAGES.split(size), 1), expected())


def test_images_of_another_size_are_refused(model: bytes) -> None:
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        onnx.predict(model, [IMAGES[:, :3]], 1)


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        onnx.convert(job(Branching()), PARAMS)


@pytest.mark.parametrize("opset", [17, 24, 20.0])
def test_an_operator_set_out_of_bounds_is_refused(opset: float) -> None:
    with pytest.raises(ValidationError, match="opset"):
        Onnx.model_validate({"opset": opset})


def test_every_note_is_dropped_and_nothing_else() -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    inner = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    nodes = [helper.make_node("Add", ["x", "w"], ["z"]), helper.make_node("Relu", ["z"], ["y"])]
    graph = helper.make_graph(nodes, "g", [value], [result], [weight], value_info=[inner])
    plain, noted = helper.make_model(graph), helper.make_model(graph)
    main = noted.graph
    values = (*main.input, *main.output, *main.value_info, *main.initializer)
    for part in (noted, main, *main.node, *values):
        part.metadata_props.add(key="stack", value="/home/me/net.py:7")
    assert noted != plain
    onnx.anonymize(noted)
    assert noted == plain
