"""The description of the interface: all that there is, as it is."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from running import MULTIPART, Reply, Running, form, png, ruled, served

from reprise.serving import application, homepage
from reprise.serving.homepage import OPENAPI

pytest_plugins = ("server_fixtures",)

DOCUMENT = json.loads(OPENAPI.read_text("utf-8"))
SECRET = "0123456789abcdef"  # noqa: S105
INFER = "/v2/models/model/infer"
TENSOR = {"name": "images", "datatype": "UINT8", "shape": [1, 6, 7, 3], "data": [0] * 126}


def holds(answer: Reply, method: str, path: str) -> None:
    """Compare an answer with what the document says of it."""
    said = DOCUMENT["paths"][path][method]["responses"][str(answer.status)]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in said["content"], f"{method} {path} {answer.status}: {kind}"
    schema = said["content"][kind].get("schema", {})
    if kind == "application/json":
        whole = {**schema, "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())


def test_every_address_is_described_and_no_other() -> None:
    gets = {*application.OPEN, *application.ASKED, "/", "/openapi.json"}
    assert {path for path, one in DOCUMENT["paths"].items() if "get" in one} == gets
    assert {path for path, one in DOCUMENT["paths"].items() if "post" in one} == {*application.SENT}
    for path, one in DOCUMENT["paths"].items():
        for operation in one.values():
            named = {
                given["name"] for given in operation.get("parameters", []) if given["in"] == "path"
            }
            assert named == {*re.findall(r"{(\w+)}", path)}
            needs = path in application.ASKED or path in application.SENT
            assert (operation.get("security") != []) is needs is ("401" in operation["responses"])


def test_references_lead_somewhere_and_schemas_are_schemas() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/(\w+)"', OPENAPI.read_text("utf-8")):
        assert name in schemas
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len({*ids}) == len(ids)


@pytest.mark.parametrize("path", [path for path, one in DOCUMENT["paths"].items() if "get" in one])
def test_answers_are_as_described(path: str, running: Running) -> None:
    version = running.service.deployed.version
    real = path.format(name="model", version=version)
    answer = running.ask("GET", real)
    assert answer.status == 200
    holds(answer, "get", path)
    with running.service.admit(40):
        holds(running.ask("GET", real), "get", path)
    if "{" in path:
        holds(running.ask("GET", path.format(name="other", version="1")), "get", path)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (png(), "image/png"),
        (form(("a", png()), ("b", b"c")), MULTIPART),
        (b"c", "image/png"),
        (b"{", "application/json"),
        (b"", "text/plain"),
        (bytes(200001), "image/png"),
    ],
)
def test_predictions_are_as_described(body: bytes, kind: str, running: Running) -> None:
    holds(running.post("/predict?explain=1", body, kind), "post", "/predict")
    with running.service.admit(40):
        holds(running.post("/predict", body, kind), "post", "/predict")


@pytest.mark.parametrize(
    "body",
    [{"inputs": [TENSOR]}, {"id": "a", "inputs": [TENSOR], "outputs": [{"name": "ood"}]}, {}],
)
def test_tensors_are_as_described(body: dict[str, Any], running: Running) -> None:
    path = application.MODEL + "/infer"
    holds(running.post(INFER, json.dumps(body), "application/json"), "post", path)
    schema = {"$ref": "#/components/schemas/InferenceRequest", "components": DOCUMENT["components"]}
    valid = jsonschema.Draft202012Validator(schema).is_valid(body)
    assert valid == bool(body)


def test_a_token_is_asked_for_where_it_is_described(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET, "utf-8")
    good = {"Authorization": f"Bearer {SECRET}"}
    with served(ruled(tmp_path), "--token-file", str(path)) as running:
        version = running.service.deployed.version
        for path_, methods in DOCUMENT["paths"].items():
            real = path_.format(name="model", version=version)
            for method, operation in methods.items():
                body = png() if method == "post" else None
                answer = running.ask(method.upper(), real, body)
                closed = operation.get("security") != []
                assert (answer.status == 401) is closed, path_
                holds(answer, method, path_)
                if closed:
                    assert answer.headers["www-authenticate"] == "Bearer"
                    assert running.ask(method.upper(), real, body, good).status != 401
        lower = {"Authorization": f"bearer {SECRET}"}
        assert running.ask("GET", "/model", None, lower).status == 200
        spaced = {"Authorization": f"Bearer   {SECRET}"}
        assert running.ask("GET", "/model", None, spaced).status == 200
        for wrong in (
            "",
            SECRET,
            f"Bearer {SECRET}x",
            f"Bearer {SECRET[:-1]}",
            "Bearer \xff",
        ):
            assert running.ask("GET", "/model", None, {"Authorization": wrong}).status == 401


def test_the_page_has_a_strict_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page"
    page.mkdir()
    for name in ("index.html", "page.js", "style.css", "icon.svg", "notes.txt", "LICENSE"):
        (page / name).write_text(name, "utf-8")
    monkeypatch.setattr(homepage, "PAGE", page)
    with served(ruled(tmp_path)) as running:
        for name, kind in (
            ("", "text/html"),
            ("page.js", "text/javascript"),
            ("style.css", "text/css"),
        ):
            answer = running.ask("GET", f"/{name}")
            assert answer.body == (name or "index.html").encode()
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
        for name in ("notes.txt", "LICENSE", "index.html", "../token", "%2e%2e/model.onnx"):
            assert running.ask("GET", f"/{name}").status == 404


def test_without_a_page_a_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homepage, "PAGE", tmp_path / "none")
    with served(ruled(tmp_path)) as running:
        answer = running.ask("GET", "/")
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"POST a picture to /predict" in answer.body
