from pathlib import Path

import numpy as np
import onnx as onnx_package
import pytest
import torch
from jaxtyping import TypeCheckError
from onnx import ModelProto, TensorProto, helper
from onnxruntime import InferenceSession
from pydantic import ValidationError
from toys import untrained

from stages.exporting import onnx
from stages.exporting.onnx import Onnx

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 4, 5, 1), np.uint8))
OPSET = 20


def convert() -> bytes:
    return onnx.convert(untrained().whole(), IMAGES[:2], Onnx(opset=OPSET))


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert()


def test_the_same_network_is_the_same_bytes(model: bytes) -> None:
    assert convert() == model


def test_no_path_of_this_machine_is_inside(model: bytes) -> None:
    assert str(Path.cwd()).encode() not in model
    assert str(Path.home()).encode() + b"/" not in model
    assert b".py" not in model
    assert b"site-packages" not in model


def test_the_checker_of_onnx_accepts_it(model: bytes) -> None:
    onnx_package.checker.check_model(model, full_check=True)


def test_the_operator_set_is_the_one_asked_for(model: bytes) -> None:
    versions = {one.domain: one.version for one in ModelProto.FromString(model).opset_import}
    assert versions[""] == OPSET


def test_names_and_types_are_as_documented(model: bytes) -> None:
    session = InferenceSession(model, providers=["CPUExecutionProvider"])
    (images,), (logits,) = session.get_inputs(), session.get_outputs()
    assert (images.name, images.type, images.shape[1:]) == ("images", "tensor(uint8)", [4, 5, 1])
    assert (logits.name, logits.type, logits.shape[1:]) == ("logits", "tensor(float)", [2])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_images_gives_the_logits_of_torch(model: bytes, count: int) -> None:
    with torch.inference_mode():
        expected = untrained().whole()(IMAGES[:count])
    logits = onnx.predict(model, [IMAGES[:count]], 1)
    torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)


def test_batches_come_back_in_their_order(model: bytes) -> None:
    together = onnx.predict(model, [IMAGES], 1)
    torch.testing.assert_close(onnx.predict(model, IMAGES.split(2), 1), together)


def test_a_network_in_training_mode_is_exported_for_evaluation(model: bytes) -> None:
    made = onnx.convert(untrained().whole().train(), IMAGES[:2], Onnx(opset=OPSET))
    assert made == model


def test_images_of_another_size_are_refused(model: bytes) -> None:
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        onnx.predict(model, [IMAGES[:, :3]], 1)


def test_images_that_are_no_pixels_are_refused() -> None:
    with pytest.raises(TypeCheckError):
        onnx.convert(untrained().whole(), IMAGES[:2].float(), Onnx(opset=OPSET))


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
