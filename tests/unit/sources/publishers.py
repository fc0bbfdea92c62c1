"""What the publishers of the named sets put on their servers, with few images of few bytes each.

A file of an image set holds its own name; the pixels of an array set differ from image to image.
"""

import bz2
import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.io import savemat

WNIDS = ("n01440764", "n02102040")
SPECIES = ("00000_A_B_C_D_E_F_ant", "00001_A_B_C_D_E_F_bee")


class Expected(NamedTuple):
    """A set as it is put on a server, and as it should come in."""

    publish: Callable[[Path], None]
    classes: tuple[str, ...]  # the first ones
    labels: Mapping[str, list[int]]  # by split


def pixels(*shape: int) -> np.ndarray:
    """Return noise that is the same every time, uint8."""
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, dtype=np.uint8)


def idx(array: np.ndarray) -> bytes:
    """Write an array in the format of MNIST; the numbers are big-endian."""
    kind = {"uint8": 8, "int32": 12}[str(array.dtype)]
    header = np.array([kind * 256 + array.ndim, *array.shape], ">i4").tobytes()
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def listed(*names: str) -> dict[str, bytes]:
    """Return files that hold their own names."""
    return {name: name.encode() for name in names}


def tar(path: Path, members: Mapping[str, bytes]) -> None:
    """Write an archive, compressed unless it is called .tar."""
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def zipped(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def mnist(folder: Path, *, packed: bool = True) -> None:
    """Publish the files of MNIST, which Fashion-MNIST and KMNIST name alike."""
    for part, count in (("train", 3), ("t10k", 2)):
        images, labels = pixels(count, 28, 28), np.arange(count, dtype=np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            name = f"{part}-{kind}-ubyte"
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
            else:
                (folder / name).write_bytes(idx(array))


def emnist(folder: Path) -> None:
    members = dict[str, bytes]()
    for split in ("balanced", "letters"):
        for part in ("train", "test"):
            stem = f"gzip/emnist-{split}-{part}"
            labels = np.array([1, 26 if split == "letters" else 46], np.uint8)
            members[f"{stem}-images-idx3-ubyte.gz"] = gzip.compress(idx(pixels(2, 28, 28)))
            members[f"{stem}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels))
    zipped(folder / "gzip.zip", members)


def qmnist(folder: Path) -> None:
    labels = np.zeros((3, 8), np.int32)  # the digit, and seven facts about who wrote it
    labels[:, 0], labels[:, 1:] = [0, 1, 2], 77
    for part in ("train", "test"):
        stem = f"qmnist-{part}"
        packed = gzip.compress(idx(pixels(3, 28, 28)))
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(packed)
        (folder / f"{stem}-labels-idx2-int.gz").write_bytes(gzip.compress(idx(labels)))


def usps(folder: Path) -> None:
    line = " ".join(f"{index}:{index / 128 - 1:.4f}" for index in range(1, 257))
    for name in ("usps.bz2", "usps.t.bz2"):
        (folder / name).write_bytes(bz2.compress(f"1 {line}\n10 {line}\n".encode()))


def semeion(folder: Path) -> None:
    rows = np.zeros((2, 266))
    rows[:, :256:3], rows[0, 256], rows[1, 265] = 1, 1, 1
    np.savetxt(folder / "semeion.data", rows)


def cifar10(folder: Path) -> None:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batch = {"data": pixels(2, 3072), "labels": [9, 0]}
    members = {f"cifar-10-batches-py/{name}": pickle.dumps(batch) for name in names}
    meta = pickle.dumps({"label_names": [f"class {label}" for label in range(10)]})
    tar(folder / "cifar-10-python.tar.gz", members | {"cifar-10-batches-py/batches.meta": meta})


def cifar100(folder: Path) -> None:
    batch = pickle.dumps({"data": pixels(2, 3072), "fine_labels": [99, 0]})
    meta = pickle.dumps({"fine_label_names": [f"class {label}" for label in range(100)]})
    members = {"train": batch, "test": batch, "meta": meta}
    tar(
        folder / "cifar-100-python.tar.gz",
        {f"cifar-100-python/{name}": data for name, data in members.items()},
    )


def svhn(folder: Path) -> None:
    for part in ("train", "test"):
        labels = np.array([[10], [1], [9]], np.uint8)  # 10 stands for the digit 0
        savemat(folder / f"{part}_32x32.mat", {"X": pixels(32, 32, 3, 3), "y": labels})


def stl10(folder: Path) -> None:
    members = {
        f"{part}_X.bin": pixels(2, 3, 96, 96).tobytes() for part in ("train", "test", "unlabeled")
    }
    members |= {f"{part}_y.bin": bytes([1, 10]) for part in ("train", "test")}
    members["class_names.txt"] = "\n".join(f"class {label}" for label in range(10)).encode()
    tar(
        folder / "stl10_binary.tar.gz",
        {f"stl10_binary/{name}": data for name, data in members.items()},
    )


def gtsrb(folder: Path) -> None:
    zipped(
        folder / "GTSRB-Training_fixed.zip",
        listed("GTSRB/Training/00001/00000_00000.ppm", "GTSRB/Training/00000/00000_00000.ppm"),
    )
    names = [f"GTSRB/Final_Test/Images/0000{number}.ppm" for number in range(2)]
    zipped(folder / "GTSRB_Final_Test_Images.zip", listed(*names))
    table = b"Filename;Width;ClassId\n00000.ppm;9;42\n00001.ppm;9;7\n"
    zipped(folder / "GTSRB_Final_Test_GT.zip", {"GT-final_test.csv": table})


def eurosat(folder: Path) -> None:
    zipped(folder / "EuroSAT.zip", listed("2750/River/River_1.jpg", "2750/Forest/Forest_1.jpg"))


def dtd(folder: Path) -> None:
    members = dict[str, bytes]()
    for part in ("train", "val", "test"):
        names = [f"banded/{part}_1.jpg", f"dotted/{part}_1.jpg"]
        members |= listed(*(f"dtd/images/{name}" for name in names))
        members[f"dtd/labels/{part}1.txt"] = "\n".join(names).encode()
    tar(folder / "dtd-r1.0.1.tar.gz", members)


def flowers102(folder: Path) -> None:
    names = [f"jpg/image_{number:05d}.jpg" for number in range(1, 7)]
    tar(folder / "102flowers.tgz", listed(*names))
    savemat(folder / "imagelabels.mat", {"labels": np.array([1, 2, 3, 4, 101, 102])})
    parts = {"trnid": np.array([6, 1]), "valid": np.array([2, 3]), "tstid": np.array([4, 5])}
    savemat(folder / "setid.mat", parts)


def oxford_pets(folder: Path) -> None:
    stems = [f"{breed}_{number}" for breed in ("Abyssinian", "great_pyrenees") for number in (1, 2)]
    tar(folder / "images.tar.gz", listed(*(f"images/{stem}.jpg" for stem in stems)))
    lists = {
        f"annotations/{part}.txt": f"Abyssinian_{number} 1 1 1\ngreat_pyrenees_{number} 2 2 1\n"
        for part, number in (("trainval", 1), ("test", 2))
    }
    tar(folder / "annotations.tar.gz", {name: text.encode() for name, text in lists.items()})


def food101(folder: Path) -> None:
    members = dict[str, bytes]()
    for part in ("train", "test"):
        files = {name: [f"{name}/{part}"] for name in ("waffles", "apple_pie")}
        members |= listed(*(f"food-101/images/{name}/{part}.jpg" for name in files))
        members[f"food-101/meta/{part}.json"] = json.dumps(files).encode()
    tar(folder / "food-101.tar.gz", members)


def fgvc_aircraft(folder: Path) -> None:
    root = "fgvc-aircraft-2013b/data"
    members = {f"{root}/variants.txt": b"707-320\nBoeing 717\n"}
    for part in ("train", "val", "test"):
        members |= listed(f"{root}/images/1{part}.jpg", f"{root}/images/2{part}.jpg")
        text = f"1{part} Boeing 717\n2{part} 707-320\n"
        members[f"{root}/images_variant_{part}.txt"] = text.encode()
    tar(folder / "fgvc-aircraft-2013b.tar.gz", members)


def sun397(folder: Path) -> None:
    files = listed(
        "SUN397/b/bus/inside/sun_1.jpg", "SUN397/a/abbey/sun_2.jpg", "SUN397/a/abbey/sun_1.jpg"
    )
    tar(folder / "SUN397.tar.gz", files | {"SUN397/ClassName.txt": b"/a/abbey\n/b/bus/inside\n"})


def places365(folder: Path) -> None:
    lists = {
        "categories_places365.txt": b"/a/airfield 0\n/a/alley 1\n",
        "places365_train_standard.txt": b"/a/alley/1.jpg 1\n/a/airfield/1.jpg 0\n",
        "places365_val.txt": b"val_1.jpg 1\nval_2.jpg 0\n",
    }
    tar(folder / "filelist_places365-standard.tar", lists)
    train = {f"data_256/a/{name}/1.jpg": name.encode() for name in ("alley", "airfield")}
    tar(folder / "train_256_places365standard.tar", train)
    tar(folder / "val_256.tar", listed("val_256/val_1.jpg", "val_256/val_2.jpg"))


def folders(address: str, parts: Iterable[str], members: Iterable[str]) -> Callable[[Path], None]:
    """Publish a tree of split folders."""

    def publish(folder: Path) -> None:
        names = [f"{part}/{member}" for part in parts for member in members]
        tar(folder / address, listed(*names))

    return publish


def imagenette(stem: str) -> Callable[[Path], None]:
    members = [f"{wnid}/1.JPEG" for wnid in WNIDS]
    return folders(f"{stem}.tgz", (f"{stem}/train", f"{stem}/val"), members)


def clevr_count(folder: Path) -> None:
    members = dict[str, bytes]()
    for part in ("train", "val", "test"):
        names = [f"CLEVR_{part}_{number}.png" for number in range(2)]
        members |= listed(*(f"CLEVR_v1.0/images/{part}/{name}" for name in names))
        scenes = [
            {"image_filename": name, "objects": [{}] * count}
            for name, count in zip(names, (3, 10), strict=True)
        ]
        text = json.dumps({"scenes": scenes})
        members[f"CLEVR_v1.0/scenes/CLEVR_{part}_scenes.json"] = text.encode()
    zipped(folder / "CLEVR_v1.0.zip", members)


def inaturalist_mini(folder: Path) -> None:
    for part in ("train_mini", "val"):
        names = [f"{part}/{name}/{number}.jpg" for name in SPECIES for number in (2, 1)]
        tar(folder / f"{part}.tar.gz", listed(*names))


TWO = {"train": [0, 1, 2], "test": [0, 1]}
THREE = {"train": [0, 1], "val": [0, 1], "test": [0, 1]}
TRAIN_VAL = {"train": [0, 1], "val": [0, 1]}
DIGITS = tuple("0123456789")
TENCH = ("tench", "English springer")

EXPECTED = {
    "mnist": Expected(mnist, ("0 - zero", "1 - one"), TWO),
    "fashion_mnist": Expected(mnist, ("T-shirt/top", "Trouser"), TWO),
    "kmnist": Expected(mnist, ("o", "ki"), TWO),
    "emnist": Expected(emnist, DIGITS, {"train": [1, 46], "test": [1, 46]}),
    "qmnist": Expected(qmnist, ("0 - zero",), {"train": [0, 1, 2], "test": [0, 1, 2]}),
    "usps": Expected(usps, DIGITS, {"train": [0, 9], "test": [0, 9]}),
    "semeion": Expected(semeion, DIGITS, {"train": [0, 9]}),
    "cifar10": Expected(cifar10, ("class 0",), {"train": [9, 0] * 5, "test": [9, 0]}),
    "cifar100": Expected(cifar100, ("class 0",), {"train": [99, 0], "test": [99, 0]}),
    "svhn": Expected(svhn, DIGITS, {"train": [0, 1, 9], "test": [0, 1, 9]}),
    "stl10": Expected(stl10, ("class 0",), {"train": [0, 9], "test": [0, 9]}),
    "gtsrb": Expected(gtsrb, ("00", "01"), {"train": [0, 1], "test": [42, 7]}),
    "eurosat": Expected(eurosat, ("Forest", "River"), {"train": [0, 1]}),
    "dtd": Expected(dtd, ("banded", "dotted"), THREE),
    "flowers102": Expected(
        flowers102,
        ("pink primrose",),
        {"train": [0, 101], "val": [1, 2], "test": [3, 100]},
    ),
    "oxford_pets": Expected(
        oxford_pets, ("Abyssinian", "Great Pyrenees"), {"train": [0, 1], "test": [0, 1]}
    ),
    "food101": Expected(food101, ("apple_pie", "waffles"), {"train": [0, 1], "test": [0, 1]}),
    "fgvc_aircraft": Expected(
        fgvc_aircraft,
        ("707-320", "Boeing 717"),
        {"train": [1, 0], "val": [1, 0], "test": [1, 0]},
    ),
    "sun397": Expected(sun397, ("abbey", "bus/inside"), {"train": [0, 0, 1]}),
    "places365": Expected(places365, ("/a/airfield", "/a/alley"), {"train": [0, 1], "val": [1, 0]}),
    "country211": Expected(
        folders(
            "country211.tgz",
            [f"country211/{part}" for part in ("train", "valid", "test")],
            ("ZW/1.jpg", "AD/1.jpg"),
        ),
        ("AD", "ZW"),
        THREE,
    ),
    "imagenette": Expected(imagenette("imagenette2"), TENCH, TRAIN_VAL),
    "imagenette_320px": Expected(imagenette("imagenette2-320"), TENCH, TRAIN_VAL),
    "imagenette_160px": Expected(imagenette("imagenette2-160"), TENCH, TRAIN_VAL),
    "rendered_sst2": Expected(
        folders(
            "rendered-sst2.tgz",
            [f"rendered-sst2/{part}" for part in ("train", "valid", "test")],
            ("negative/1.png", "positive/1.png"),
        ),
        ("negative", "positive"),
        THREE,
    ),
    "clevr_count": Expected(clevr_count, ("3", "4"), {"train": [0, 7], "val": [0, 7]}),
    "inaturalist_mini": Expected(
        inaturalist_mini, SPECIES, {"train": [0, 0, 1, 1], "val": [0, 0, 1, 1]}
    ),
}
