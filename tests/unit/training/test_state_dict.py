from collections import OrderedDict
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import save
from toys import CARD, untrained

from stages.artifacts import classifier
from stages.errors import UserError
from stages.training import state_dict

WEIGHTS = {"head.weight": torch.eye(3), "head.bias": torch.arange(3.0)}


def stored(content: object, *, zipped: bool = True) -> bytes:
    file = BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def same(found: state_dict.StateDict) -> bool:
    weights = found.weights
    return weights.keys() == WEIGHTS.keys() and all(
        torch.equal(weights[name], WEIGHTS[name]) for name in WEIGHTS
    )


@pytest.mark.parametrize(
    "data",
    [
        save(WEIGHTS),
        stored(WEIGHTS),
        stored(OrderedDict(WEIGHTS)),
        stored(WEIGHTS, zipped=False),
        stored({"state_dict": WEIGHTS, "epoch": 3}),
        stored({"model_state_dict": WEIGHTS, "loss": 0.1}),
        stored({"model": WEIGHTS}),
        stored({f"module.{name}": weight for name, weight in WEIGHTS.items()}),
        stored({"state_dict": {f"module.{name}": weight for name, weight in WEIGHTS.items()}}),
    ],
)
def test_weights_are_found_in_every_usual_file(data: bytes) -> None:
    found = state_dict.parse(data, "file")
    assert same(found)
    assert (found.place, found.classes) == ("file", None)


def test_module_is_a_prefix_only_where_all_names_have_it() -> None:
    found = state_dict.parse(stored({"module.a": torch.zeros(1), "b": torch.zeros(1)}), "file")
    assert [*found.weights] == ["module.a", "b"]


def test_a_classifier_of_this_project_tells_its_classes(tmp_path: Path) -> None:
    classifier.write(untrained(), tmp_path / "file")
    found = state_dict.parse((tmp_path / "file").read_bytes(), "file")
    assert found.classes == CARD.interface.classes
    assert found.weights.keys() == untrained().network.state_dict().keys()


@pytest.mark.parametrize("card", ["", "{", "[]", "{}", '{"interface": 1}', '{"interface": {}}'])
def test_metadata_of_others_is_passed_over(card: str) -> None:
    data = save(WEIGHTS, {classifier.KEY: card})
    assert state_dict.parse(data, "file").classes is None


class Trap:
    """Create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def complaint(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        state_dict.parse(data, "file")
    message = str(caught.value)
    assert message.startswith("file: ")
    assert "\n" not in message
    return message


def test_no_code_in_a_pickle_runs(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    assert "may run code" in complaint(stored({"state_dict": WEIGHTS, "args": trap}))
    assert not trap.path.exists()


def test_a_whole_pickled_network_is_refused() -> None:
    assert "torch.save(network.state_dict(), path)" in complaint(stored(torch.nn.Linear(2, 2)))


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", bytes(1000), b"\xff" * 1000, b"PK\x03\x04", b"x" * 8 + b"{" + b"x" * 100,
     save(WEIGHTS)[:-1], save(WEIGHTS)[:50], stored(WEIGHTS)[:-100], stored(WEIGHTS)[:300]],
)  # fmt: skip
def test_damaged_files_are_refused(data: bytes) -> None:
    assert "is damaged" in complaint(data)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "must hold a state dict, holds list"),
        (torch.zeros(3), "must hold a state dict, holds Tensor"),
        ({}, "must hold a state dict, holds dict"),
        ({"epoch": 3, "weights": WEIGHTS}, "holds int at epoch"),
        ({"weights": WEIGHTS}, "holds dict at weights"),
    ],
)
def test_anything_but_tensors_by_name_is_refused(content: object, words: str) -> None:
    assert words in complaint(stored(content))


def test_a_file_is_fetched_from_a_path_and_an_address(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"content")
    assert state_dict.fetch(str(path)) == b"content"
    assert state_dict.fetch(path.as_uri()) == b"content"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_file_is_fetched_from_a_web_server(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"content")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        assert state_dict.fetch(f"{root}/weights.pth") == b"content"
        with pytest.raises(UserError, match=r"none\.pth: cannot be read"):
            state_dict.fetch(f"{root}/none.pth")
        server.shutdown()


@pytest.mark.parametrize("place", ["none.pth", ".", "nothing://there", "http://127.0.0.1:1/x"])
def test_what_cannot_be_read_is_named(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        state_dict.fetch(place)
    assert str(caught.value).startswith(f"{place}: cannot be read (")
    assert "correct train.weights" in str(caught.value)
