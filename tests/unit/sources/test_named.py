import errno
import gzip
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED
from PIL import Image as Picture
from publishers import EXPECTED, mnist, pixels
from torchvision import datasets

from stages.artifacts.raw import Image
from stages.errors import UserError
from stages.sources import named
from stages.sources.catalog import NAMES, SETS, EmnistSplit, SetName
from stages.sources.fetch import fetch
from stages.sources.named import Named
from stages.sources.torchvision_root import read

DATA = SHARED / "mnist"
NOWHERE = Path("nowhere")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep data/.download.partial out of the working tree."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept files that tests made: torchvision knows the checksums of the published ones."""
    monkeypatch.setattr(named, "fetch", lambda address, target, *_: fetch(address, target))
    for name, module in list(sys.modules.items()):
        if name.startswith("torchvision.datasets.") and hasattr(module, "check_integrity"):
            monkeypatch.setattr(
                module, "check_integrity", lambda path, *_, **__: Path(path).is_file()
            )


def params(folder: Path | None = None, emnist_split: EmnistSplit = "balanced") -> Named:
    address = f"file://{folder.resolve()}" if folder else None
    return Named(mirror=address, emnist_split=emnist_split)


def images(
    name: SetName, path: Path, given: Named
) -> tuple[tuple[str, ...], dict[str, list[Image]]]:
    with named.open_dataset(name, path, given) as raw:
        assert raw.passed_over == {}
        splits = {split: list(listed) for split, listed in raw.splits.items()}
        named_images = {s: [(one.path, one.label) for one in of] for s, of in splits.items()}
        assert {split: [*entries] for split, entries in raw.entries.items()} == named_images
        return raw.classes, splits


def published(name: SetName) -> Path:
    folder = Path("mirror")
    folder.mkdir()
    EXPECTED[name].publish(folder)
    return folder


def root(name: SetName) -> Path:
    """Make a torchvision root as torchvision makes it."""
    folder = Path("root")
    folder.mkdir()
    entry = named._entry(name, params())
    with named.redirect_downloads(entry.kind, f"file://{published(name).resolve()}"):
        read(entry, folder, download=True)
    return folder


def array(image: Image) -> np.ndarray:
    return np.asarray(Picture.open(BytesIO(image.data)))


def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: str, *_: object) -> None:
        pytest.fail(f"fetched {address}")

    monkeypatch.setattr(named, "fetch", refuse)


def test_every_name_has_an_entry_and_a_fake_of_it() -> None:
    assert set(NAMES) == set(SETS) == set(EXPECTED)


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize("name", NAMES)
def test_a_set_comes_from_a_mirror(name: SetName) -> None:
    classes, splits = images(name, NOWHERE, params(published(name)))
    expected = EXPECTED[name]
    assert classes[: len(expected.classes)] == expected.classes
    assert {
        split: [image.label for image in listed] for split, listed in splits.items()
    } == expected.labels
    assert list(splits) == list(expected.labels)
    assert not list(Path().glob("data/.*"))


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize("name", NAMES)
def test_a_set_in_a_torchvision_root_is_the_same_without_network(
    name: SetName, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = root(name)
    fetched = images(name, NOWHERE, params(Path("mirror")))
    offline(monkeypatch)
    assert images(name, place, params()) == fetched


@pytest.mark.usefixtures("unverified")
def test_a_file_stays_as_published_and_keeps_its_place_in_the_root() -> None:
    _, splits = images("food101", NOWHERE, params(published("food101")))
    names = ["food-101/images/apple_pie/train.jpg", "food-101/images/waffles/train.jpg"]
    assert [image.path for image in splits["train"]] == names
    assert [image.data.decode() for image in splits["train"]] == names


@pytest.mark.usefixtures("unverified")
def test_files_come_by_name_and_not_as_the_disk_lists_them() -> None:
    _, splits = images("inaturalist_mini", NOWHERE, params(published("inaturalist_mini")))
    paths = [image.path for image in splits["train"]]
    assert paths == sorted(paths)


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mnist", pixels(3, 28, 28)),
        (
            "cifar10",
            np.tile(pixels(2, 3072).reshape(2, 3, 32, 32).transpose(0, 2, 3, 1), (5, 1, 1, 1)),
        ),
        ("svhn", pixels(32, 32, 3, 3).transpose(3, 0, 1, 2)),
        ("stl10", pixels(2, 3, 96, 96).transpose(0, 3, 2, 1)),
    ],
)
def test_no_pixel_of_a_published_array_changes(name: SetName, expected: np.ndarray) -> None:
    _, splits = images(name, NOWHERE, params(published(name)))
    np.testing.assert_array_equal([array(image) for image in splits["train"]], expected)
    assert [image.path for image in splits["train"]][:2] == ["00000.png", "00001.png"]


@pytest.mark.usefixtures("unverified")
def test_letters_are_26_classes() -> None:
    given = params(published("emnist"), emnist_split="letters")
    classes, splits = images("emnist", NOWHERE, given)
    assert classes == tuple("abcdefghijklmnopqrstuvwxyz")
    assert [image.label for image in splits["test"]] == [0, 25]


@pytest.mark.usefixtures("unverified")
def test_what_is_missing_at_the_path_is_said_before_it_is_fetched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = params(published("usps"))
    images("usps", NOWHERE, place)
    expected = f"usps: is not in nowhere (there is no such folder); fetching it from {place.mirror}"
    assert expected in capsys.readouterr().err
    assert not NOWHERE.exists()


def test_neither_at_the_path_nor_at_the_mirror_is_one_message() -> None:
    Path("empty").mkdir()
    Path("root").mkdir()
    with pytest.raises(UserError) as caught:
        images("svhn", Path("root"), params(Path("empty")))
    assert str(caught.value).startswith(
        "svhn: is not in root (dataset not found or corrupted), and cannot be fetched: "
        f"file://{Path.cwd()}/empty/train_32x32.mat: "
    )
    assert "\n" not in str(caught.value)
    assert not list(Path().glob("data/.*"))


@pytest.mark.usefixtures("unverified")
def test_a_truncated_file_at_the_path_is_no_complete_set() -> None:
    place = root("mnist")
    file = place / "MNIST/raw/train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"is not in root \(shape .* and cannot be fetched"):
        images("mnist", place, params(Path("gone")))


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("food101", "food-101/images/waffles/test.jpg"),
        ("sun397", "SUN397/ClassName.txt"),
        ("oxford_pets", "oxford-iiit-pet/annotations/test.txt"),
        ("usps", "usps.t.bz2"),
    ],
)
def test_a_root_that_lacks_a_file_is_fetched_anew(name: SetName, lost: str) -> None:
    place = root(name)
    whole = images(name, place, params())
    (place / lost).unlink()
    assert images(name, place, params(Path("mirror"))) == whole
    with pytest.raises(UserError, match=f"{name}: is not in root"):
        images(name, place, params(Path("gone")))


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (b"\0\0\x08\1\0\0\0\2\0\1", "2 labels for 3 images"),
        (b"\0\0\x08\1\0\0\0\3\0\1\x0a", "labels from 0 to 10, expected 0 to 9"),
        (b"", "invalid literal"),
    ],
)
def test_labels_that_do_not_fit_the_images_are_damage(labels: bytes, reason: str) -> None:
    folder = Path("mirror")
    folder.mkdir()
    mnist(folder, packed=False)
    (folder / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(UserError, match=f"what came from file.* is damaged: {reason}"):
        images("mnist", NOWHERE, params(folder))
    assert not list(Path().glob("data/.*"))


@pytest.mark.usefixtures("unverified")
def test_splits_of_different_classes_are_damage() -> None:
    place = root("food101")
    (place / "food-101/meta/test.json").write_text('{"waffles": ["waffles/test"]}')
    with pytest.raises(UserError, match="its splits have different classes"):
        images("food101", place, params(Path("gone")))


@pytest.mark.usefixtures("unverified")
def test_an_empty_split_is_damage() -> None:
    place = root("dtd")
    (place / "dtd/dtd/labels/test1.txt").write_text("")
    (place / "dtd/dtd/labels/val1.txt").write_text("")
    (place / "dtd/dtd/labels/train1.txt").write_text("")
    with pytest.raises(UserError, match="one of its splits is empty"):
        images("dtd", place, params(Path("gone")))


@pytest.mark.usefixtures("unverified")
def test_a_file_that_vanishes_meanwhile_is_one_message() -> None:
    place = root("eurosat")
    with named.open_dataset("eurosat", place, params()) as raw:
        (place / "eurosat/2750/River/River_1.jpg").unlink()
        with pytest.raises(UserError, match=r"River_1.jpg: cannot be read: No such file"):
            list(raw.splits["train"])


@pytest.mark.usefixtures("unverified")
def test_an_archive_that_does_not_unpack_is_damage() -> None:
    folder = published("fgvc_aircraft")
    (folder / "fgvc-aircraft-2013b.tar.gz").write_bytes(b"<html>moved</html>")
    with pytest.raises(UserError, match=r"what came from file.* is damaged: not a gzip file"):
        images("fgvc_aircraft", NOWHERE, params(folder))
    assert not list(Path().glob("data/.*"))


@pytest.mark.usefixtures("unverified")
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    place = root("svhn")
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(UserError, match=r"^[^\n]*scipy.io[^\n]*; `pip install scipy`$"):
        images("svhn", place, params())


@pytest.mark.usefixtures("unverified")
def test_a_disk_that_is_full_while_unpacking_is_not_taken_for_damage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = params(published("eurosat"))

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(datasets.utils._ARCHIVE_EXTRACTORS, ".zip", fill)
    with pytest.raises(UserError, match=r"cannot be fetched: .*o space left.*; free some space"):
        images("eurosat", NOWHERE, given)
    assert not list(Path().glob("data/.*"))


@pytest.mark.usefixtures("unverified")
def test_nothing_is_left_when_the_block_fails() -> None:
    given = params(published("usps"))
    with pytest.raises(ZeroDivisionError), named.open_dataset("usps", NOWHERE, given):
        raise ZeroDivisionError
    assert not list(Path().glob("data/.*"))


def test_torch_is_not_imported_before_a_set_is_opened() -> None:
    code = "import sys, stages.sources.named; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.skipif(not DATA.is_dir(), reason="the real MNIST is not in ../shared/data")
def test_the_real_mnist_comes_from_a_mirror_with_unpacked_files() -> None:
    folder = Path("mirror")
    folder.mkdir()
    for file in DATA.glob("*.gz"):
        (folder / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    with named.open_dataset("mnist", NOWHERE, params(folder)) as raw:
        counts = {split: sum(1 for _ in listed) for split, listed in raw.splits.items()}
    assert counts == {"train": 60_000, "test": 10_000}


@pytest.mark.skipif(not DATA.is_dir(), reason="the real MNIST is not in ../shared/data")
def test_the_real_mnist_compressed_anew_is_refused() -> None:
    found, expected = "c7dfcf1bfd3481a40f7b3aedbdbd083c", "f68b3c2dcbeaaa9fbdd348bbdeb94873"
    assert datasets.MNIST.resources[0] == ("train-images-idx3-ubyte.gz", expected)
    with pytest.raises(UserError, match=f"images-idx3-ubyte.gz: .*{found}.*{expected}"):
        images("mnist", NOWHERE, params(DATA))


def test_a_linked_folder_of_a_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root/MNIST").mkdir(parents=True)
    (tmp_path / "root/MNIST/raw").symlink_to(tmp_path / "real")
    with (
        pytest.raises(UserError, match="MNIST/raw: is a link to a folder"),
        named.open_dataset("mnist", tmp_path / "root", params()),
    ):
        pass
