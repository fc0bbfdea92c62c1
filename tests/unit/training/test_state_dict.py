import errno
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from traceback import format_exception

import fsspec
import pytest
import torch
from safetensors.torch import save
from torch import Tensor
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
        stored({"network": WEIGHTS, "optimizer": {"state": {}, "param_groups": []}}),
        stored({"module": WEIGHTS, "lr_scheduler": {"last_epoch": 3}, "epoch": 1}),
        stored({"state_dict": {"model": WEIGHTS}, "ema": {"head.weight": torch.zeros(3, 3)}}),
        stored({"model_ema": WEIGHTS, "epoch": 1}),
    ],
)
def test_weights_are_found_in_every_usual_file(data: bytes) -> None:
    found = state_dict.parse(data, "file")
    assert same(found)
    assert (found.place, found.classes) == ("file", None)


@pytest.mark.parametrize("pack", [stored, save])
def test_names_are_those_in_the_file(pack: Callable[[dict[str, Tensor]], bytes]) -> None:
    found = state_dict.parse(pack({"module.a": torch.zeros(1), "b": torch.zeros(1)}), "file")
    assert {*found.weights} == {"module.a", "b"}


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
        ({"a\x1b[31m": 3}, "holds int at a\\x1b[31m"),
        ({"x" * 200_000: 3}, "... (200,000 characters); store the weights alone"),
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
        with pytest.raises(UserError, match=r"none\.pth: is missing; correct"):
            state_dict.fetch(f"{root}/none.pth")
        server.shutdown()


@pytest.mark.parametrize("place", ["none.pth", ".", "nothing://there", "http://127.0.0.1:1/x"])
def test_what_cannot_be_read_is_named(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        state_dict.fetch(place)
    found = "is missing; " if place == "none.pth" else "cannot be read ("
    assert str(caught.value).startswith(f"{place}: {found}")
    assert "correct train.weights" in str(caught.value)


SECRET = "hunter2"  # noqa: S105


@pytest.mark.parametrize(
    "place",
    [
        f"http://me:{SECRET}@127.0.0.1:1/w.pth",
        f"http://127.0.0.1:1/w.pth?token={SECRET}",
        f"http://me:{SECRET}%21@127.0.0.1:1/w.pth?X-Amz-Signature={SECRET}&b=1#{SECRET}",
        f"nothing://me:{SECRET}@there/w.pth",
        f"github://org:repo@{SECRET}:{SECRET}@/w.pth",
        f"simplecache::http://me:{SECRET}@127.0.0.1:1/w.pth",
    ],
)
def test_secrets_of_an_address_are_in_no_message(place: str) -> None:
    with pytest.raises(UserError) as caught:
        state_dict.fetch(place)
    assert SECRET not in str(caught.value)
    assert SECRET not in "".join(format_exception(caught.value))


@pytest.mark.parametrize(
    "error",
    [MemoryError(), OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENOSPC, "Full")],
)
def test_what_the_machine_lacks_is_no_damage(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(fsspec, "url_to_fs", fail)
    with pytest.raises(type(error)):
        state_dict.fetch("weights.pth")
    for name, data in (("load", stored(WEIGHTS)), ("load_safetensors", save(WEIGHTS))):
        monkeypatch.setattr(torch if name == "load" else state_dict, name, fail)
        with pytest.raises(type(error)):
            state_dict.parse(data, "file")
