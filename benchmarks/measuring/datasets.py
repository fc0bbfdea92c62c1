"""Locate the published data sets, and set the parameters by which stages read them.

The folder given to `make bench` may hold

    mnist/                    the four files of MNIST as published, *-ubyte.gz
    cifar-10-batches-py/      CIFAR-10 as torchvision unpacks it, or
    cifar10_images.zip        its images as files: train/<class>/*.jpg, test/<class>/*.jpg
    hymenoptera_data.zip      ants and bees, of PyTorch's tutorial on transfer learning
"""

import gzip
import shutil
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZipFile

from benchmarks.measuring.task import AbsentError, Task

MNIST, BATCHES, CIFAR10, PHOTOS = (
    "mnist",
    "cifar-10-batches-py",
    "cifar10_images.zip",
    "hymenoptera_data.zip",
)
PICTURES = {".jpg", ".jpeg"}
SPLITS = {"train": "train", "val": "test"}  # what is published as val is nobody's but test's here


def source(task: Task, dataset: str) -> dict[str, Any]:
    """Return what section `download` says to read a data set.

    Raises:
        AbsentError: it is not here.
    """
    match dataset:
        case "digits":
            return {"dataset": "digits"}
        case "mnist":
            return {"dataset": "mnist", "path": str(torchvision_root(task))}
        case "cifar10":
            if task.data and (task.data / BATCHES).is_dir():
                return {"dataset": "cifar10", "path": str(task.data)}
            return {"dataset": "folder", "path": str(found(task, CIFAR10))}
        case _:
            return {"dataset": "folder", "path": str(photographs(task))}


def found(task: Task, name: str) -> Path:
    """Return the place of a file or folder among the data.

    Raises:
        AbsentError: it is not there.
    """
    if task.data is None:
        raise AbsentError(f"{name} is not here: no folder of data was given")
    if not (task.data / name).exists():
        raise AbsentError(f"{name} is not in the folder of data")
    return task.data / name


def torchvision_root(task: Task) -> Path:
    """Return a folder with MNIST as torchvision unpacks it."""
    packed, root = found(task, MNIST), task.scratch / "torchvision"
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for path in sorted(packed.glob("*-ubyte.gz")):
        if not (raw / path.stem).exists():
            with gzip.open(path) as content, (raw / path.stem).open("wb") as target:
                shutil.copyfileobj(content, target)
    return root


def photographs(task: Task) -> Path:
    """Return a folder with the photographs: train/<class>/*.jpg, and test/, what came as val."""
    packed, root = found(task, PHOTOS), task.scratch / "photographs"
    if not root.exists():
        with ZipFile(packed) as archive:
            for name in archive.namelist():
                path = PurePosixPath(name)
                if path.suffix.lower() in PICTURES:
                    split, label = SPLITS[path.parts[-3]], path.parts[-2]
                    target = root / split / label / path.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(name))
    return root


def fewer(photos: Path, target: Path, rare: str, count: int) -> Path:
    """Return a copy of the photographs with but so many of one class in train."""
    if not target.exists():
        shutil.copytree(photos, target)
        for path in sorted((target / "train" / rare).iterdir())[count:]:
            path.unlink()
    return target
