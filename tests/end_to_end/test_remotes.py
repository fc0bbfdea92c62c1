"""A colleague's run comes back from a remote, is proved, changed, and sent on."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import servers
from colleagues import commit, forget, join, move_storage, objects, publish
from conftest import SHARED, Clone
from PIL import Image as Picture
from ruamel.yaml import YAML
from servers import Server

UP_TO_DATE = "Data and pipelines are up to date."
MNIST = SHARED / "mnist"
needs_sshd = pytest.mark.skipif(servers.SSHD is None, reason="openssh-server is not installed")


@pytest.fixture(scope="module")
def trained(
    request: pytest.FixtureRequest,
    clone: Callable[[str], Clone],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Clone]:
    """Return a clone in which the pipeline ran: on MNIST, or where that is absent on digits."""
    if not MNIST.is_dir():
        yield request.getfixturevalue("pristine")
        return
    folder = tmp_path_factory.mktemp("mirror")
    for archive in MNIST.glob("*.gz"):
        (folder / archive.stem).write_bytes(tenth(gzip.decompress(archive.read_bytes())))
    made = clone("mnist")
    made.run("python", "-m", "tools.recipe", "mnist_mlp")
    with servers.http(folder) as mirror:
        made.params("  mirror: null", f"  mirror: {mirror.url}")
        made.params("  epochs: 5", "  epochs: 1")
        made.run("dvc", "repro")
        yield made


def tenth(data: bytes) -> bytes:
    """Return the first tenth of the items of an IDX file, whose travels take less time."""
    header = 4 + 4 * data[3]  # type and number of dimensions, then the size of each
    count = int.from_bytes(data[4:8], "big")
    rest = header + (len(data) - header) // count * (count // 10)
    return data[:4] + (count // 10).to_bytes(4, "big") + data[8:rest]


@pytest.mark.first
@pytest.mark.parametrize(
    ("serve", "of"),
    [pytest.param(servers.ssh, "trained", marks=needs_sshd), (servers.s3, "pristine")],
)
def test_the_story(
    serve: Callable[[Path], AbstractContextManager[Server]],
    of: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    trained: Clone = request.getfixturevalue(of)
    (tmp_path / "server").mkdir()
    with serve(tmp_path / "server") as server:
        a = trained.copy(tmp_path / "a")
        a.run("git", "switch", "-qc", "trained")
        move_storage(a, server)
        commit(a, "Train")
        publish(a, tmp_path / "bare.git")
        b = join(a, tmp_path / "b, elsewhere")
        pulls_it(b)
        if of == "trained":  # what server it came from makes no difference
            computes_it_again(b)
        changed = "train.label_smoothing=0.1" if of == "trained" else "evaluate.tta=flip"
        sends_an_experiment(b, changed)
        applies_it(a, b, changed)


def pulls_it(b: Clone) -> None:
    b.run("dvc", "pull")
    assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)
    assert not b.run("git", "status", "--porcelain")


def computes_it_again(b: Clone) -> None:
    forget(b)
    printed = b.run("dvc", "repro", "--force")
    ran = set(re.findall(r"^Running stage '(\w+)'", printed, re.MULTILINE))
    assert ran == set(YAML(typ="safe").load(b.root / "dvc.yaml")["stages"])
    assert not b.run("git", "status", "--porcelain"), "dvc.lock and the metrics came out the same"


def sends_an_experiment(b: Clone, changed: str) -> None:
    b.run("dvc", "exp", "run", "-n", "smoother", "-S", changed)
    compared = b.run("dvc", "metrics", "diff", "HEAD")
    assert re.search(r"metrics/evaluate.json +loss", compared)
    assert "Pushed experiment smoother" in b.run("dvc", "exp", "push", "origin", "smoother")


def applies_it(a: Clone, b: Clone, changed: str) -> None:
    assert "smoother" in a.run("dvc", "exp", "list", "origin", "--name-only")
    a.run("dvc", "exp", "pull", "origin", "smoother")
    a.run("dvc", "exp", "apply", "smoother")
    set_to = f"  {changed.partition('.')[2].replace('=', ': ')} "
    assert set_to in (a.root / "params.yaml").read_text("utf-8")
    assert a.run("dvc", "repro").strip().endswith(UP_TO_DATE)
    files = ("dvc.lock", "metrics/evaluate.json", "models/classifier.safetensors")
    for name in (*files, "metrics/evaluate/predictions.parquet"):
        assert (a.root / name).read_bytes() == (b.root / name).read_bytes(), name


def test_the_default_remote_serves_all_clones_of_a_user(reproduced: Clone, tmp_path: Path) -> None:
    reproduced.env["HOME"] = str(tmp_path / "home")
    commit(reproduced, "Run")
    publish(reproduced, tmp_path / "bare.git")
    b = join(reproduced, tmp_path / "far" / "away")
    b.env["HOME"] = reproduced.env["HOME"]
    b.run("dvc", "pull")
    assert objects(tmp_path / "home" / ".local/share/reprise")
    assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)


def test_a_remote_by_http_is_to_read(reproduced: Clone, tmp_path: Path) -> None:
    move_storage(reproduced, Server(str(tmp_path / "served"), {}, {}))
    commit(reproduced, "Run")
    publish(reproduced, tmp_path / "bare.git")
    b = join(reproduced, tmp_path / "b")
    with servers.http(tmp_path) as server:
        move_storage(b, server._replace(url=f"{server.url}/served"))
        b.run("dvc", "pull")
        assert b.run("dvc", "repro").strip().endswith(UP_TO_DATE)
        move_storage(b, server._replace(url=f"{server.url}/empty"))
        assert "Unsupported method ('POST')" in b.run("dvc", "push", code=1)


def test_own_images_travel_once_dvc_has_them(clone: Callable[[str], Clone], tmp_path: Path) -> None:
    a = clone("images")
    move_storage(a, Server(str(tmp_path / "remote"), {}, {}))
    for shade, name in enumerate(("dark", "bright")):
        (a.root / "data/photos" / name).mkdir(parents=True)
        for number in range(12):
            picture = Picture.new("L", (8, 8), 200 * shade + number)
            picture.save(a.root / f"data/photos/{name}/{number}.png")
    a.params("dataset: digits", "dataset: folder")
    a.params("path: data/source", "path: data/photos")
    a.run("dvc", "add", "data/photos")
    a.run("dvc", "repro", "preprocess")
    commit(a, "Photographs")
    publish(a, tmp_path / "bare.git")
    b = join(a, tmp_path / "b")
    assert b.run("dvc", "repro", "--allow-missing", "preprocess").strip().endswith(UP_TO_DATE)
    b.run("dvc", "pull", "data/photos", "preprocess")
    assert (b.root / "data/photos/dark/0.png").is_file()
    b.run("dvc", "repro", "--force", "preprocess")
    assert not b.run("git", "status", "--porcelain")
