"""A new model takes the place of the old one, and no request is lost."""

import asyncio
import logging
import os
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from linear import CARD, SPEC, export, model
from onnx import helper
from running import Running, asked, png, served, wait_for

from reprise import inputs
from reprise import model as loading
from reprise.directory import Source
from reprise.inputs import Loaded
from reprise.serving import swapping
from reprise.serving.batcher import Batcher
from reprise.serving.deployment import ModelFile

SMALL = CARD._replace(classes=("a", "b"), spec=SPEC._replace(height=3, width=2, channels=1))


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapping, "INTERVAL", 0.02)


def put(made: onnx.ModelProto | bytes, path: Path) -> str:
    """Put a model in the place of another; return its version."""
    data = made if isinstance(made, bytes) else made.SerializeToString()
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    version = ModelFile(beside, "model", 1).version()
    beside.replace(path)
    return version


def oracle(path: Path, data: bytes) -> dict[str, float]:
    """Return what the predictor says."""
    loaded = loading.load(path, 1)
    picture = inputs.load(Source("", data), loaded.metadata.spec)
    assert isinstance(picture, Loaded)
    shares = loaded.answers(picture.pixels[None]).probabilities[0]
    return dict(zip(loaded.metadata.classes, shares.tolist(), strict=True))


def swapped(running: Running, outcome: str) -> float:
    found: float = running.service.instruments.swaps.labels(outcome)._value.get()
    return found


def test_a_swap_under_load_loses_no_request(tmp_path: Path) -> None:
    path, data = export(tmp_path / "model.onnx"), png()
    expected = {ModelFile(path, "model", 1).version(): oracle(path, data)}
    found, ended = list[tuple[int, str, tuple[tuple[str, float], ...]]](), threading.Event()

    def ask(port: int) -> None:
        while not ended.is_set():
            answer = asked(port, "POST", "/predict?top=9", (data, {"Content-Type": "image/png"}))
            said = answer.json()
            shares = {one["class"]: one["probability"] for one in said["results"][0]["predictions"]}
            found.append((answer.status, said["model"]["version"], tuple(sorted(shares.items()))))

    with served(path) as running:
        threads = [threading.Thread(target=ask, args=(running.port,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for count, card in enumerate([SMALL, CARD, SMALL], start=1):
            so_far = len(found)
            wait_for(lambda so_far=so_far: len(found) > so_far + 20)
            version = put(model(card), path)
            expected[version] = oracle(path, data)
            wait_for(lambda count=count: swapped(running, "replaced") == count)
        ended.set()
        for thread in threads:
            thread.join()
    assert {status for status, _, _ in found} == {200}
    assert {version for _, version, _ in found} == {*expected}
    for _, version, shares in found:
        assert dict(shares) == expected[version]


def test_a_broken_model_is_told_and_the_old_one_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = export(tmp_path / "model.onnx")
    caplog.set_level(logging.INFO)
    with served(path) as running:
        version = running.service.deployed.version
        put(b"no model", path)
        wait_for(lambda: swapped(running, "refused") == 1)
        assert running.post("/predict", png()).json()["model"]["version"] == version
        path.unlink()
        asyncio.run(running.swapper.look(forced=False))
        assert running.ask("GET", "/ready").status == 200
        later = put(model(SMALL), path)
        wait_for(lambda: running.service.deployed.version == later)
        assert running.ask("GET", "/model").json()["classes"] == ["a", "b"]
    (told,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert told.startswith(f"the new model is not used, {version} goes on: {path}: is no ONNX")
    (new,) = [one for one in caplog.records if one.getMessage() == "a new model answers"]
    assert vars(new)["fields"] == {
        "model": later, "before": version, "other_classes": True, "other_spec": True
    }  # fmt: skip


def test_whatever_loading_raises_is_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: ModelFile) -> None:
        raise TypeError("odd\nmetadata")

    with served(export(tmp_path / "model.onnx")) as running:
        monkeypatch.setattr(ModelFile, "load", broken)
        asyncio.run(running.swapper.look(forced=True))
        assert swapped(running, "refused") == 1
        assert running.ask("GET", "/ready").status == 200
    (told,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert told.getMessage().endswith(" goes on: TypeError: odd")
    assert not told.exc_info


def test_a_file_that_still_grows_is_waited_for(tmp_path: Path) -> None:
    path = export(tmp_path / "model.onnx")
    with served(path) as running:
        path.write_bytes(path.read_bytes()[:500])
        path.write_bytes(model(SMALL).SerializeToString())
        wait_for(lambda: running.service.deployed.model.metadata.classes == ("a", "b"))


def test_the_same_model_again_is_not_swapped(tmp_path: Path) -> None:
    path = export(tmp_path / "model.onnx")
    with served(path) as running:
        before = running.service.deployed
        put(path.read_bytes(), path)
        asyncio.run(running.swapper.look(forced=True))
        assert running.service.deployed is before


def relative(path: Path) -> Path:
    """Write a model that measures the range of a batch, as dynamic quantization does."""
    made = model(CARD)
    divide = next(node for node in made.graph.node if node.op_type == "Div")
    divide.input[1] = "largest"
    most = helper.make_node("ReduceMax", ["real"], ["largest"], keepdims=0)
    made.graph.node.insert(1, most)
    path.write_bytes(made.SerializeToString())
    return path


def test_a_model_whose_answers_depend_on_the_batch_is_run_alone(tmp_path: Path) -> None:
    deployed = ModelFile(relative(tmp_path / "model.onnx"), "model", 1).load()
    assert deployed.alone
    assert not ModelFile(export(tmp_path / "other.onnx"), "model", 1).load().alone
    images = np.random.default_rng(0).integers(0, 100, (5, *SPEC[:3]), np.uint8)
    images[4] = 255
    sizes = list[int]()
    batcher = Batcher(32, sizes.append)
    found = batcher.submit(deployed, images).result(10)
    batcher.end()
    alone = [deployed.model.answers(images[at : at + 1]).probabilities for at in range(5)]
    np.testing.assert_array_equal(found.probabilities, np.concatenate(alone))
    assert sizes == [1] * 5


def test_what_waits_goes_together(tmp_path: Path) -> None:
    deployed = ModelFile(export(tmp_path / "model.onnx"), "model", 1).load()
    other = ModelFile(export(tmp_path / "model.onnx"), "model", 1).load()
    images = np.random.default_rng(0).integers(0, 256, (70, *SPEC[:3]), np.uint8)
    expected = deployed.model.answers(images).probabilities
    sizes, busy, free = list[int](), threading.Event(), threading.Event()

    def observe(size: int) -> None:
        sizes.append(size)
        busy.set()
        free.wait(10)

    batcher = Batcher(8, observe)
    first = batcher.submit(deployed, images[:1])
    assert busy.wait(10)
    parts = [(1, 3), (3, 8), (8, 9), (9, 10), (10, 30), (30, 31)]
    rest = [batcher.submit(deployed, images[a:b]) for a, b in parts]
    gone = batcher.submit(deployed, images[:1])
    gone.cancel()
    rest.append(batcher.submit(other, images[31:33]))
    assert batcher.depth() == 33
    free.set()
    batcher.end()
    rows = [future.result(0).probabilities for future in [first, *rest]]
    np.testing.assert_allclose(np.concatenate(rows), expected[:33], atol=1e-6)
    assert sizes == [1, 8, 1, 8, 8, 4, 1, 2]
    assert sum(sizes) == 33
    assert max(sizes) <= 8


def test_an_error_of_the_model_is_a_500_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with served(export(tmp_path / "model.onnx")) as running:

        def fail(*_: object) -> None:
            raise loading.ModelError("secret")

        monkeypatch.setattr(running.service.batcher, "_run", fail)
        answer = running.post("/predict", png())
        assert (answer.status, answer.json()) == (
            500, {"error": "the server failed; its log says why"}
        )  # fmt: skip
        monkeypatch.undo()
        assert running.post("/predict", png()).status == 200
    assert "secret" in caplog.text


def test_a_pipe_is_not_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = export(tmp_path / "model.onnx")
    with served(path) as running:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").replace(path)
        wait_for(lambda: swapped(running, "refused") == 1)
        assert running.post("/predict", png()).status == 200
    assert "model.onnx: is no file; name a model" in caplog.text
