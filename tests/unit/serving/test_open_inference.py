"""/v2: Triton's own client, the binary form by hand, and bad tensors."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from hypothesis import given, settings
from hypothesis import strategies as st
from linear import CARD, SPEC
from running import Running, png, seen
from tritonclient.utils import InferenceServerException

from reprise import model
from reprise.serving import client_json, tensor_values, tensors
from reprise.serving.refusal import RejectedError

pytest_plugins = ("server_fixtures",)

INFER = "/v2/models/model/infer"
LENGTH = "Inference-Header-Content-Length"
IMAGES = np.random.default_rng(5).integers(0, 256, (3, *SPEC[:3]), np.uint8)


@pytest.fixture(scope="module")
def expected(exported: Path) -> model.Answers:
    return model.load(exported, 1).answers(IMAGES)


@pytest.fixture
def client(running: Running) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(f"127.0.0.1:{running.port}") as made:
        yield made


def tensor(name: str, values: np.ndarray, datatype: str, *, binary: bool) -> triton.InferInput:
    made = triton.InferInput(name, values.shape, datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("back", [True, False, None])
def test_tritons_client_gets_the_predictors_answers(
    binary: bool,  # noqa: FBT001
    back: bool | None,  # noqa: FBT001
    client: triton.InferenceServerClient,
    expected: model.Answers,
) -> None:
    names = ["probabilities", "answered", "sets", "ood"]
    asked = (
        back if back is None else [triton.InferRequestedOutput(n, binary_data=back) for n in names]
    )
    found = client.infer(
        "model", [tensor("images", IMAGES, "UINT8", binary=binary)], outputs=asked, request_id="7"
    )
    for name, values in zip(names, expected, strict=True):
        np.testing.assert_array_equal(found.as_numpy(name), values)
        assert found.as_numpy(name).dtype == values.dtype
    assert found.get_response()["id"] == "7"


def test_tritons_client_sends_files(client: triton.InferenceServerClient, exported: Path) -> None:
    files = np.array([png(1), png(2)], object)
    found = client.infer("model", [tensor("encoded", files, "BYTES", binary=True)])
    images = np.stack([seen(png(1)), seen(png(2))])
    np.testing.assert_array_equal(
        found.as_numpy("probabilities"), model.load(exported, 1).answers(images).probabilities
    )


def test_tritons_client_asks_for_health_and_metadata(
    client: triton.InferenceServerClient, running: Running
) -> None:
    version = running.service.deployed.version
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("model")
    assert client.is_model_ready("model", version)
    assert not client.is_model_ready("other")
    assert not client.is_model_ready("model", "1")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    said = client.get_model_metadata("model", version)
    assert said["versions"] == [version]
    assert said["inputs"][0] == {
        "name": "images",
        "datatype": "UINT8",
        "shape": [-1, *SPEC[:3]],
    }
    assert said["outputs"][0] == {
        "name": "probabilities",
        "datatype": "FP32",
        "shape": [-1, len(CARD.classes)],
    }


def test_a_version_that_is_not_there_is_refused(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="there is no version 1, only"):
        client.infer("model", [tensor("images", IMAGES, "UINT8", binary=True)], model_version="1")


def request(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a request as JSON, but for some keys of its tensor."""
    data = {"data": IMAGES.tolist()} if "parameters" not in changes else {}
    one = {"name": "images", "datatype": "UINT8", "shape": [*IMAGES.shape], **data, **changes}
    return {"inputs": [{key: value for key, value in one.items() if value is not ...}]}


def test_nested_and_flat_data_are_the_same(running: Running, expected: model.Answers) -> None:
    for data in (IMAGES.tolist(), IMAGES.ravel().tolist()):
        answer = running.post(INFER, json.dumps(request(data=data)), "application/json").json()
        assert [one["name"] for one in answer["outputs"]] == [*expected._fields]
        assert answer["outputs"][0]["data"] == expected.probabilities.ravel().tolist()
        assert answer["model_version"] == running.service.deployed.version


def test_null_is_as_not_said(running: Running) -> None:
    asked, null = (
        request(parameters=None, data=IMAGES.tolist()),
        {"outputs": None, "parameters": None},
    )
    answers = [running.post(INFER, json.dumps(one), "") for one in (request(), asked | null)]
    assert answers[0].status == 200
    assert answers[0].json() == answers[1].json()


def test_binary_data_follow_the_json(running: Running, expected: model.Answers) -> None:
    body = request(parameters={"binary_data_size": IMAGES.nbytes})
    body |= {"outputs": [{"name": "sets", "parameters": {"binary_data": True}}, {"name": "ood"}]}
    head = json.dumps(body).encode()
    answer = running.ask("POST", INFER, head + IMAGES.tobytes(), {LENGTH: str(len(head))})
    at = int(answer.headers[LENGTH.lower()])
    sets, ood = json.loads(answer.body[:at])["outputs"]
    assert sets["parameters"]["binary_data_size"] == expected.sets.size
    assert answer.body[at:] == expected.sets.tobytes()
    assert ood["data"] == expected.ood.tolist()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ([], 400, "the JSON is no object"),
        ({}, 400, '"inputs" must be a list of tensors'),
        ({"inputs": []}, 400, "inputs are none, expected images or encoded"),
        ({"inputs": [1]}, 400, '"inputs" must be a list of tensors'),
        (request(name="pixels"), 400, "inputs are pixels, expected images or encoded"),
        (request(name=1), 400, 'must have a "name"'),
        (request(datatype="FP32"), 400, "images is FP32 [3, 6, 7, 3], expected UINT8 [N, 6, 7, 3]"),
        (request(shape=[3, 7, 6, 3]), 400, "expected UINT8 [N, 6, 7, 3]"),
        (request(shape=[378]), 413, "378 pictures"),
        (request(shape=[]), 400, "has no picture"),
        (request(shape=[0, 6, 7, 3], data=[]), 400, "has no picture"),
        (request(shape=[6, 6, 7, 3]), 413, "6 pictures, the limit is 5"),
        (request(shape=[2, 6, 7, 3]), 400, "images has 378 values"),
        (request(shape=[-1, 6, 7, 3]), 400, "must be a list of whole numbers"),
        (request(shape=[True, 6, 7, 3]), 400, "must be a list of whole numbers"),
        (request(shape="3"), 400, "must be a list of whole numbers"),
        (request(shape=[1] * 9), 400, "must be a list of whole numbers, 8 at most"),
        (request() | {"id": "a" * 1001}, 400, '"id" has more than 1,000 letters'),
        (request(name="\0" * 9000), 400, "the inputs are \\x00\\x00"),
        (request(data=...), 400, 'neither a list "data" nor binary_data_size'),
        (request(data="a"), 400, 'neither a list "data" nor binary_data_size'),
        (request(data=[256] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=[-1] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=[0.5] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=["1"] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=[True] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=[2**70] * 378), 400, "whole numbers from 0 to 255"),
        (request(data=[[1], [1, 2]]), 400, "images: "),
        (request(data=[None]), 400, "whole numbers from 0 to 255"),
        (request(data=[True] + [1] * 377), 400, "whole numbers from 0 to 255"),
        (request(data=["a" * 9000] + ["b"] * 377), 400, "whole numbers from 0 to 255"),
        (request(data=[[[[[[1]]]]]]), 400, "whole numbers from 0 to 255"),
        (request(data=[[1], 1]), 400, "images: the lists have different lengths"),
        (request(data=["b"] * 9000), 400, "images has 9,000 values or more"),
        (request(data=[[[0] * 20] * 20] * 3), 400, "images has 1,200 values or more"),
        (request(data=[[], []]), 400, "images has 0 values"),
        (request(parameters={"binary_data_size": 4}), 400, "no number of the bytes that follow"),
        (request(parameters={"binary_data_size": -1}), 400, "no number of the bytes that follow"),
        (request() | {"parameters": {"binary_data_output": "false"}}, 400, "must be true or false"),
        (
            request() | {"outputs": [{"name": "ood", "parameters": {"binary_data": 1.0}}]},
            400,
            "binary_data must be true or false",
        ),
        (request(parameters=1), 400, '"parameters" must be an object'),
        (request() | {"outputs": 1}, 400, '"outputs" must be a list'),
        (request() | {"outputs": [{}]}, 400, 'an output must have a "name"'),
        (request() | {"outputs": [{"name": [1]}]}, 400, 'an output must have a "name"'),
        (request() | {"outputs": [{"name": "ood"}] * 2}, 400, "output ood is asked for twice"),
        (
            request() | {"outputs": [{"name": "logits"}]},
            400,
            "no output logits, only probabilities",
        ),
        (
            request() | {"outputs": [{"name": "ood", "parameters": {"classification": 2}}]},
            400,
            "classification is not offered",
        ),
        (request(name="encoded"), 400, "encoded is UINT8"),
        (
            request(name="encoded", datatype="BYTES", shape=[1], data=["?"]),
            400,
            "encoded[0] is no base64",
        ),
        (request(name="encoded", datatype="BYTES", shape=[1], data=["AAAA"]), 422, "encoded[0]: "),
        (request(name="encoded", datatype="BYTES", shape=[2], data=["AA=="]), 400, "1 values"),
        (request(name="encoded", datatype="BYTES", shape=[1], data=["?"] * 2), 400, "2 values"),
    ],
)
def test_bad_tensors_are_told_why(body: object, status: int, reason: str, running: Running) -> None:
    answer = running.post(INFER, json.dumps(body), "application/json")
    assert (answer.status, reason in answer.json()["error"]) == (status, True), answer.body


@pytest.mark.parametrize(
    ("length", "rest", "reason"),
    [
        ("x", b"", "is x, expected a number of bytes"),
        ("9" * 30, b"", "expected a number of bytes"),
        ("100000", b"", "is 100,000, the body has"),
        ("1", b"", "the body is no JSON"),
        (None, b"\0" * 377, "no number of the bytes that follow"),
        (None, b"\0" * 379, "1 bytes are behind the last tensor"),
    ],
)
def test_bad_binary_data_are_told_why(
    length: str | None, rest: bytes, reason: str, running: Running
) -> None:
    head = json.dumps(request(parameters={"binary_data_size": 378})).encode()
    headers = {LENGTH: length or str(len(head))}
    answer = running.ask("POST", INFER, head + rest, headers)
    assert (answer.status, reason in answer.json()["error"]) == (400, True), answer.body


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\1\0\0\0", b"\0", b"\1\0\0\0a\0"])
def test_bad_lengths_of_files_are_told_why(data: bytes, running: Running) -> None:
    parameters = {"binary_data_size": len(data)}
    body = request(name="encoded", datatype="BYTES", shape=[1], parameters=parameters)
    head = json.dumps(body).encode()
    answer = running.ask("POST", INFER, head + data, {LENGTH: str(len(head))})
    assert answer.status == 400
    assert answer.json()["error"]


def test_no_more_files_are_read_than_the_shape_has() -> None:
    # The third length would be more than the bytes that follow.
    given = tensors.Given("encoded", "BYTES", (2,), memoryview(bytes(8) + b"\xff" * 4))
    with pytest.raises(RejectedError, match="encoded has 3 values or more, not BYTES"):
        tensor_values.encoded(given)


def test_long_texts_take_no_memory_of_their_length_squared() -> None:
    given = tensors.Given("images", "UINT8", (1, 1, 1001, 1), ["a" * 500_000] + ["b"] * 1000)
    tracemalloc.start()
    with pytest.raises(RejectedError, match="whole numbers from 0 to 255"):
        tensor_values.pixels(given, (1, 1001, 1))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10**6


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["name", "datatype", "shape", "data", "parameters"])
SHARED: list[Running] = []  # the server; hypothesis takes no fixtures of other scopes


@pytest.fixture(autouse=True)
def shared(running: Running) -> None:
    SHARED[:] = [running]


# The checker of types draws numbers in the server's threads meanwhile.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@settings(max_examples=60)
@given(st.dictionaries(KEYS, ANY), st.dictionaries(st.sampled_from(["id", "outputs"]), ANY))
def test_no_tensor_makes_the_server_fail(changes: dict[str, Any], more: dict[str, Any]) -> None:
    answer = SHARED[0].post(INFER, json.dumps(request(**changes) | more), "application/json")
    assert answer.status < 500
    if answer.status != 200:
        assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"[" * 1_000_001, "1,000,000 lists"),
        (b'"' * 100_001, "100,000 quotes"),
        (b"[" + b"1," * 2_000_001 + b"1]", "2,000,000 values"),
    ],
)
def test_json_that_takes_long_is_not_read(body: bytes, what: str) -> None:
    with pytest.raises(RejectedError, match=f"more than {what}; send binary data") as caught:
        client_json.loads(body)
    assert caught.value.status == 413


def test_as_many_values_as_are_allowed_are_read() -> None:
    assert len(client_json.loads(b"[" + b"1," * 2_000_000 + b"1]")) == 2_000_001
