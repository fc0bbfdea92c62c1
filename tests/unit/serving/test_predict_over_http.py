"""POST /predict and GET /model: as the predictor says, or a 4xx with the reason."""

import json
import logging
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear import CARD, SPEC
from running import MULTIPART, Running, form, png, seen, wait_for

from reprise import model
from reprise.occlusion import heat_map

pytest_plugins = ("server_fixtures",)

JSON = "application/json"
TWO, NAMED = form(("a", png()), ("b", png(1))), b'; filename="b"'
EXTENDED, TYPED = b"; FILENAME*=UTF-8''b", b"\r\nContent-Type: image/png"


@pytest.fixture(scope="module")
def oracle(exported: Path) -> model.Model:
    return model.load(exported, 1)


def text(data: bytes) -> str:
    return b64encode(data).decode()


def sent(images: list[str], **more: object) -> bytes:
    return json.dumps({"images": images, **more}).encode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/png", png()),
        ("image/whatever", png()),
        ("application/octet-stream", png()),
        ("application/x-www-form-urlencoded", png()),
        ("", png()),
        (MULTIPART, form(("a.png", png()))),
        (JSON, sent([text(png())])),
        (f"{JSON}; charset=utf-8", sent([f"data:image/png;base64,{text(png())}"])),
    ],
)
def test_every_form_of_a_request_gets_the_predictors_answer(
    kind: str, body: bytes, running: Running, oracle: model.Model
) -> None:
    answer = running.post("/predict?top=3", body, kind)
    assert answer.status == 200
    found = answer.json()
    expected = oracle.answers(seen(png())[None])
    (row,) = found["results"]
    shares = {one["class"]: one["probability"] for one in row["predictions"]}
    assert shares == dict(zip(CARD.classes, expected.probabilities[0].tolist(), strict=True))
    assert [*shares.values()] == sorted(shares.values(), reverse=True)
    best = row["predictions"][0]["class"]
    assert row["answer"] == (best if expected.answered[0] else None)
    assert {*row["set"]} == {
        c for c, member in zip(CARD.classes, expected.sets[0], strict=True) if member
    }
    assert row["out_of_distribution"] is False
    assert found["model"] == {"name": "model", "version": running.service.deployed.version}
    assert "heat_map" not in row


def test_some_pictures_are_not_answered(running: Running, oracle: model.Model) -> None:
    pictures = [png(seed) for seed in range(40)]
    for at in range(0, 40, 5):
        body = form(*((f"{at}.png", data) for data in pictures[at : at + 5]))
        rows = running.post("/predict", body, MULTIPART).json()["results"]
        expected = oracle.answers(np.stack([seen(data) for data in pictures[at : at + 5]]))
        assert [row["answer"] is not None for row in rows] == expected.answered.tolist()


def test_a_heat_map_is_that_of_the_model(running: Running, oracle: model.Model) -> None:
    body = sent([text(png(1)), text(png(2))], explain=True, top=1)
    rows = running.post("/predict", body, JSON).json()["results"]
    for seed, row in zip((1, 2), rows, strict=True):
        label = CARD.classes.index(row["predictions"][0]["class"])
        expected = heat_map(oracle.answers, seen(png(seed)), label)
        assert expected.max() > 0
        np.testing.assert_allclose(row["heat_map"], expected, atol=1e-4)
        assert len(row["predictions"]) == 1


@pytest.mark.parametrize("door", ["address", "JSON", "form"])
def test_less_probable_answers_are_null(door: str, running: Running, oracle: model.Model) -> None:
    sure = oracle.answers(np.stack([seen(png(seed)) for seed in range(40)])).answered
    pictures = [png(int(seed)) for seed in np.flatnonzero(sure)[:5]]
    found = oracle.answers(np.stack([seen(data) for data in pictures]))
    shares = found.probabilities.max(1)
    threshold = float(np.median(shares))
    body, kind = form(*(("a", data) for data in pictures)), MULTIPART
    if door == "JSON":
        body, kind = sent([text(data) for data in pictures], threshold=threshold), JSON
    elif door == "form":
        field = '--edge\r\nContent-Disposition: form-data; name="threshold"\r\n\r\n'
        body = f"{field}{threshold!r}\r\n".encode() + body
    path = f"/predict?threshold={threshold!r}" if door == "address" else "/predict"
    rows = running.post(path, body, kind).json()["results"]
    assert [row["answer"] is not None for row in rows] == (shares >= threshold).tolist()
    assert 0 < sum(shares >= threshold) < len(shares)


@pytest.mark.parametrize("query", ["explain=1", "explain=TRUE"])
def test_a_picture_is_explained_by_the_address(query: str, running: Running) -> None:
    (row,) = running.post(f"/predict?{query}", png()).json()["results"]
    assert np.shape(row["heat_map"]) == SPEC[:2]


def test_null_in_json_is_as_not_said(running: Running) -> None:
    answer = running.post("/predict?top=1", sent([text(png())], top=None, explain=None), JSON)
    assert len(answer.json()["results"][0]["predictions"]) == 1


def test_a_long_method_is_cut(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = running.ask("B" * 60_000, "/predict")
    assert answer.json()["error"].startswith(f"{'B' * 20} is not possible here")
    wait_for(lambda: any(one.getMessage() == "request" for one in caplog.records))
    (told,) = [one for one in caplog.records if one.getMessage() == "request"]
    assert vars(told)["fields"]["method"] == "B" * 20


def test_no_coding_is_none(running: Running) -> None:
    assert running.ask("POST", "/predict", png(), {"Content-Encoding": ""}).status == 200


def test_heat_maps_of_many_pictures_are_refused(running: Running) -> None:
    answer = running.post("/predict?explain=1", form(*[("a", png())] * 5), MULTIPART)
    assert (answer.status, answer.json()["error"]) == (
        413, "heat maps are made of 4 pictures a request, not of more"
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "é日.png", "\\x.png", "%00", "a b"]
)
def test_names_are_only_names(name: str, running: Running) -> None:
    answer = running.post("/predict", form((name, png()), (name, b"text"), ("", png())), MULTIPART)
    good, bad, _ = answer.json()["results"]
    assert (good["name"], bad["name"]) == (name, name)
    assert good["predictions"]
    assert bad["error"] == "no picture of a kind that can be read"


def test_a_broken_picture_does_not_stop_the_others(running: Running) -> None:
    answer = running.post("/predict", form(("a", png()), ("b", png()[:80]), ("c", b"")), MULTIPART)
    rows = answer.json()["results"]
    assert answer.status == 200
    assert ["error" in row for row in rows] == [False, True, True]
    assert rows[2] == {"name": "c", "error": "is empty (0 bytes)"}


@pytest.mark.parametrize("body", [b"", b"no picture", png()[:60], b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_nothing_but_broken_pictures_is_a_422(body: bytes, running: Running) -> None:
    answer = running.post("/predict", body)
    assert answer.status == 422
    (row,) = answer.json()["results"]
    assert row["error"]
    assert answer.json()["error"] == "no picture could be read"


def test_a_picture_of_many_pixels_is_refused_by_its_header(running: Running) -> None:
    answer = running.post("/predict", png(size=(101, 100)))
    assert answer.status == 422
    assert answer.json()["results"][0]["error"] == "has more than 10,000 pixels; make it smaller"


def test_a_jpeg_of_many_scans_is_refused(running: Running) -> None:
    answer = running.post("/predict", b"\xff\xd8\xff" + b"\xff\xda" * 201)
    assert answer.status == 422
    assert "more than 200 scans" in answer.json()["results"][0]["error"]


@pytest.mark.parametrize(
    ("kind", "body", "status", "reason"),
    [
        ("text/plain", b"a", 415, "Content-Type is text/plain, expected image/*"),
        (JSON, b"", 400, "the body is no JSON"),
        (JSON, b"\xff", 400, "the body is no JSON"),
        (JSON, b"[" * 5000, 400, "the body is no JSON"),
        (JSON, b"[]", 400, 'has no list "images"'),
        (JSON, b'{"images": "a"}', 400, 'has no list "images"'),
        (JSON, b'{"images": [1]}', 400, "images[0] is no text in base64"),
        (JSON, b'{"images": ["?"]}', 400, "images[0] is no base64"),
        (JSON, '{"images": ["é"]}'.encode(), 400, "images[0] is no base64"),
        (JSON, b'{"images": []}', 400, "has no picture"),
        (JSON, sent([text(png())], top=0), 400, "top must be a whole number from 1, is '0'"),
        (JSON, sent([text(png())], top=True), 400, "top must be"),
        (JSON, sent([text(png())], top=1e400), 400, "top must be"),
        (JSON, sent([text(png())], explain=2), 400, "explain must be"),
        (JSON, sent([text(png())], explain=1.0), 400, "explain must be"),
        (JSON, sent([text(png())], explain=[]), 400, "true or false, is a list"),
        (JSON, sent([text(png())], top={"a": 1}), 400, "from 1, is an object"),
        (JSON, sent([text(png())], threshold=1.5), 400, "threshold must be a number from 0 to 1"),
        (JSON, sent([text(png())], threshold=True), 400, "from 0 to 1, is 'True'"),
        (JSON, sent([text(png())], threshold=[]), 400, "from 0 to 1, is a list"),
        (JSON, sent([text(png())], topp=3), 400, "there is no parameter 'topp'; there are top, "),
        ("", sent([text(png())]), 415, "send Content-Type: application/json"),
        ("application/x-www-form-urlencoded", b"\n {", 415, "looks like JSON"),
        (JSON, sent([""] * 6), 413, "the request has 6 pictures, the limit is 5"),
        (JSON, b'{"images": [' + b'"",' * 60000 + b'""]}', 413, "more than 100,000 quotes"),
        (MULTIPART, b"", 400, "has no picture"),
        (MULTIPART, form(("a", bytes(150000))) + b"x", 422, "no picture could be read"),
        (MULTIPART, b"--edge--\r\n", 400, "has no picture"),
        (MULTIPART, b"other", 400, "the form cannot be read"),
        (MULTIPART, TWO[: TWO.rindex(b"--edge--")], 400, "it ends early, without its last"),
        (MULTIPART, TWO[: len(TWO) // 2 + 90], 400, "it ends early, without its last"),
        (MULTIPART, form(("a", png()))[:20], 400, "it ends early, without its last"),
        (
            MULTIPART,
            TWO.replace(b'filename="b"', b"FILENAME*=UTF-8''b"),
            400,
            "filename* is not of",
        ),
        (
            MULTIPART,
            TWO.replace(NAMED, b"\r\nContent-Type: image/png"),
            400,
            "is no text has no file",
        ),
        (MULTIPART, form((None, b"text")), 400, "has no picture"),
        (MULTIPART, form((None, bytes(5000))), 400, "the form cannot be read"),
        (MULTIPART, form(*[("a", b"")] * 6), 413, "the request has more pictures, the limit is 5"),
        (MULTIPART, b"--edge\r\nA: " + b"b" * 10**5, 400, "the form cannot be read"),
        ("multipart/form-data", form(("a", png())), 400, "the form cannot be read"),
        (f"{MULTIPART}{'x' * 300}", form(("a", png())), 400, "the form cannot be read"),
        ("image/png", bytes(200001), 413, "the body has 200,001 bytes, the limit is 200,000"),
    ],
)
def test_bad_requests_are_told_why(
    kind: str, body: bytes, status: int, reason: str, running: Running
) -> None:
    answer = running.post("/predict", body, kind)
    assert answer.status == status
    assert reason in answer.json()["error"]


@pytest.mark.parametrize("key", ["top", "explain"])
@pytest.mark.parametrize("depth", [900, 950, 975, 990])
def test_a_deep_value_is_not_written(key: str, depth: int, running: Running) -> None:
    # More than 128 KiB are read in a thread, whose stack is less deep already than the loop's.
    deep, pad = "[" * depth + "]" * depth, "x" * 140_000
    body = f'{{"images": ["{text(png())}"], "{key}": {deep}, "pad": "{pad}"}}'
    answer = running.post("/predict", body, JSON)
    assert (answer.status, key in answer.json()["error"] or depth > 975) == (400, True)


@pytest.mark.parametrize(
    "query",
    ["top=0", "top=-1", "top=a", "top=%C2%B2", "top=1e3", "explain=x"]
    + [f"threshold={one}" for one in ("", "a", "nan", "1.1", "-0.1", "0" * 31)],
)
def test_bad_queries_are_told_why(query: str, running: Running) -> None:
    answer = running.post(f"/predict?{query}", png())
    assert answer.status == 400
    assert f"{query.partition('=')[0]} must be" in answer.json()["error"]


@pytest.mark.parametrize("query", ["topp=3", "top=1&images=a", "=1"])
def test_parameters_that_do_not_exist_are_refused(query: str, running: Running) -> None:
    answer = running.post(f"/predict?{query}", png())
    assert answer.status == 400
    assert answer.json()["error"].endswith("there are top, explain, threshold")


def test_who_gets_predict_is_told_to_post(running: Running) -> None:
    told = running.ask("GET", "/predict").json()["error"]
    assert told == "GET is not possible here; POST a picture"
    assert running.ask("POST", "/model", b"a").json()["error"].endswith("; send GET, HEAD")


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_compressed_bodies_are_not_taken(coding: str, running: Running) -> None:
    answer = running.ask("POST", "/predict", png(), {"Content-Encoding": coding})
    assert (answer.status, "send the body as it is" in answer.json()["error"]) == (415, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/predict/", 404),
        ("POST", "/nothing", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/model", 405),
        ("POST", "/health", 405),
        ("BREW", "/predict", 405),
    ],
)
def test_other_paths_and_methods(method: str, path: str, status: int, running: Running) -> None:
    answer = running.ask(method, path, b"body" if method == "POST" else None)
    assert answer.status == status
    assert answer.json()["error"]


def test_a_full_queue_refuses_before_the_body(running: Running) -> None:
    with running.service.admit(40):
        assert running.ask("GET", "/ready").status == 503
        assert running.ask("GET", "/v2/health/ready").status == 400
        answer = running.post("/predict", png())
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert answer.json()["error"] == "40 pictures wait; try again later"
    with running.service.admit(38):
        assert running.post("/predict", form(*[("a", png())] * 3), MULTIPART).status == 429
        assert running.post("/predict", form(*[("a", png())] * 2), MULTIPART).status == 200
    assert running.ask("GET", "/ready").json() == {
        "ready": True,
        "version": running.service.deployed.version,
    }


def test_heat_maps_leave_place_for_others(running: Running) -> None:
    with running.service.admit(15, 15):
        assert running.post("/predict?explain=1", png()).status == 200
        answer = running.post("/predict?explain=1", form(*[("a", png())] * 2), MULTIPART)
        assert (answer.status, answer.headers["retry-after"]) == (429, "5")
        assert answer.json()["error"] == "heat maps of 15 pictures are being made; try again later"
        assert running.post("/predict", form(*[("a", png())] * 2), MULTIPART).status == 200
    assert running.service.explained == running.service.admitted == 0


def test_too_many_bytes_of_all_requests_are_refused(running: Running) -> None:
    running.service.bodies.held += 8 * 200000
    try:
        answer = running.post("/predict", png())
        assert (answer.status, answer.json()["error"]) == (429, "the server holds too many bytes")
    finally:
        running.service.bodies.held -= 8 * 200000


def test_the_model_is_told(running: Running) -> None:
    found = running.ask("GET", "/model").json()
    assert found == {
        "name": "model",
        "version": running.service.deployed.version,
        "classes": [*CARD.classes],
        "input": SPEC._asdict(),
        "abstains": True,
        "sets": True,
        "license": "Apache-2.0",
    }


def test_requests_and_pictures_are_counted(running: Running) -> None:
    running.post("/predict", png())
    wait_for(lambda: running.service.admitted == 0)
    text = running.ask("GET", "/metrics").body.decode()
    for line in (
        'reprise_requests_total{path="/predict",status="200"}',
        'reprise_request_seconds_bucket{le="0.001",path="/predict"}',
        'reprise_images_total{outcome="predicted"}',
        "reprise_batch_images_bucket",
        "reprise_queue_images 0.0",
        "reprise_admitted_images 0.0",
        f'reprise_model{{name="model",version="{running.service.deployed.version}"}} 1.0',
        "process_resident_memory_bytes",
    ):
        assert line in text


FORM = "multipart/form-data"
KINDS = ["image/png", JSON, MULTIPART, f"{FORM}; boundary=", "a/b", FORM]
DISPOSITION = b'Content-Disposition: form-data; name="f"'
PARTS = [b"--edge", b"\r\n", b"--", DISPOSITION, b'; filename="a"', b":", b"x", b"\xff", b"\0"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["images", "top", "explain"]), inner)
    ),
    max_leaves=10,
)


# The checker of types draws numbers in the server's threads meanwhile.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@settings(max_examples=60)
@given(
    st.sampled_from(KINDS),
    st.binary(max_size=60)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.lists(st.sampled_from(PARTS), max_size=20).map(b"".join),
)
def test_no_body_makes_the_server_fail(kind: str, body: bytes) -> None:
    answer = SHARED[0].post("/predict", body, kind)
    assert 400 <= answer.status < 500
    assert isinstance(answer.json()["error"], str)


SHARED: list[Any] = []  # the server; hypothesis takes no fixtures of other scopes


@pytest.fixture(autouse=True)
def shared(running: Running) -> None:
    SHARED[:] = [running]
