import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from publishers import mnist
from torchvision import datasets
from torchvision.datasets import usps, utils

from stages.errors import UserError
from stages.sources import retry
from stages.sources.named import redirect_downloads

ORIGINAL = utils.download_url


class Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if Path(self.translate_path(self.path) + ".503").exists():
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Keep the log of the tests clean."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "served").mkdir()
    return tmp_path / "served"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE", 0)


@pytest.fixture
def acknowledged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve four packed files, and let torchvision take their checksums for the published ones."""
    mnist(folder)
    resources = [
        (name, hashlib.md5((folder / name).read_bytes()).hexdigest())  # noqa: S324
        for name, _ in datasets.MNIST.resources
    ]
    monkeypatch.setattr(datasets.MNIST, "resources", resources)


def download(root: Path, mirror: str | None) -> datasets.MNIST:
    with redirect_downloads("MNIST", mirror):
        return datasets.MNIST(root, download=True)


def held(root: Path) -> list[str]:
    return sorted(file.name for file in root.rglob("*") if file.is_file())


@pytest.mark.usefixtures("acknowledged")
@pytest.mark.parametrize("slash", ["", "/"])
def test_files_come_from_the_mirror(root: Path, address: str, slash: str) -> None:
    assert len(download(root, address + slash)) == 3


@pytest.mark.usefixtures("acknowledged")
@pytest.mark.parametrize("scheme", ["file://", ""])
def test_a_mirror_may_be_a_folder(root: Path, folder: Path, scheme: str) -> None:
    assert len(download(root, f"{scheme}{folder}")) == 3


@pytest.mark.usefixtures("acknowledged")
def test_without_a_mirror_files_come_from_where_torchvision_says(
    root: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{address}/"])
    assert len(download(root, None)) == 3


@pytest.mark.usefixtures("acknowledged")
def test_a_file_of_another_checksum_is_refused_before_it_is_there(
    root: Path, folder: Path, address: str
) -> None:
    name, expected = datasets.MNIST.resources[1]
    (folder / name).write_bytes(b"something else")
    found = hashlib.md5(b"something else").hexdigest()  # noqa: S324
    with pytest.raises(UserError) as caught:
        download(root, address)
    message = str(caught.value)
    assert message.startswith(f"{address}/{name}: its md5 is {found}, expected {expected}")
    assert not [file for file in held(root) if "train-labels" in file]


def test_unpacked_files_do_where_no_packed_ones_are(root: Path, folder: Path, address: str) -> None:
    mnist(folder, packed=False)
    dataset = download(root, address)
    assert dataset.targets.tolist() == [0, 1, 2]
    assert len(datasets.MNIST(root, train=False)) == 2


def test_unpacked_files_do_in_a_folder_too(root: Path, folder: Path) -> None:
    mnist(folder, packed=False)
    assert len(download(root, f"file://{folder}")) == 3


@pytest.mark.parametrize("kind", ["MNIST", "USPS", "CIFAR10"])
def test_a_file_that_the_mirror_lacks_is_named(kind: str, root: Path, address: str) -> None:
    names = {"MNIST": "train-images-idx3-ubyte.gz", "USPS": "usps.bz2"}
    name = names.get(kind, "cifar-10-python.tar.gz")
    with (
        pytest.raises(UserError, match=f"^{address}/{name}: .*there is no such file"),
        redirect_downloads(kind, address),
    ):
        getattr(datasets, kind)(root, download=True)
    assert held(root) == []


def test_a_server_that_is_away_is_not_asked_for_unpacked_files(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "ATTEMPTS", 1)
    with pytest.raises(UserError, match=r"^http://127.0.0.1:1/train-images-idx3-ubyte.gz: "):
        download(root, "http://127.0.0.1:1")
    assert held(root) == []


def test_an_unpacked_file_that_cannot_be_had_is_named(
    root: Path, folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "ATTEMPTS", 1)
    (folder / "train-images-idx3-ubyte.503").touch()
    with pytest.raises(UserError, match=f"^{address}/train-images-idx3-ubyte: "):
        download(root, address)
    assert held(root) == []


def test_torchvision_is_as_it_was_after_the_block(root: Path, address: str) -> None:
    with redirect_downloads("USPS", address):
        assert utils.download_url is not ORIGINAL
        assert usps.download_url is not ORIGINAL
    with pytest.raises(UserError):
        download(root, address)
    assert utils.download_url is ORIGINAL
    assert usps.download_url is ORIGINAL


@pytest.mark.usefixtures("acknowledged")
def test_a_mirror_keeps_its_query_and_its_secrets(
    root: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = address.replace("://", "://annabel:s3cr3t@") + "/?token=t0ken"
    assert len(download(root, secret)) == 3
    assert "t0ken" not in "".join(capsys.readouterr())
    with pytest.raises(UserError, match="cannot be fetched") as caught:
        download(root / "other", secret.replace("/?", "/nowhere/?"))
    assert not [word for word in ("annabel", "s3cr3t", "t0ken") if word in str(caught.value)]


@pytest.mark.usefixtures("acknowledged")
def test_no_file_of_a_set_has_more_bytes_than_it_may(root: Path, address: str) -> None:
    with (
        pytest.raises(UserError, match=r"has more than 10 bytes; raise download.max_bytes"),
        redirect_downloads("MNIST", address, 10),
    ):
        datasets.MNIST(root, download=True)
