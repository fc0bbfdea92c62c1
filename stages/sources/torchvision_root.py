"""Read a torchvision root: a folder of data sets as torchvision downloads and unpacks them."""

import errno
import inspect
import warnings
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from reprise.shortage import lacking
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import class_names
from stages.sources.catalog import Entry, Samples
from stages.sources.reports import excerpt

Entries = Iterable[tuple[str, int]]  # path and label


class IncompleteError(UserError):
    """A root does not hold the set, or not all of it."""


def read(entry: Entry, root: Path, *, download: bool = False) -> Raw:
    """Find all images of a set, after torchvision has fetched them if `download`.

    Raises:
        IncompleteError: something is missing or damaged.
        UserError: a package is missing, or the download failed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for torchvision's developers
            datasets = _datasets(entry, root, download=download)
            classes = _classes(entry, datasets)
            found = {
                split: _images(entry._replace(names=classes), root, dataset)
                for split, dataset in datasets.items()
            }
            splits = {split: images for split, (images, _) in found.items()}
            entries = {split: listed for split, (_, listed) in found.items()}
            names, _ = class_names.number_repeated(entry.kind, classes)
            return Raw(names, splits, {}, entries=entries)
    except UserError:
        raise
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        if lacking(error) not in {None, "disk"}:
            raise
        raise _user_error(error) from error


def _datasets(entry: Entry, root: Path, *, download: bool) -> dict[str, Any]:
    """Let torchvision read what it reads of each split: arrays, or a list of files."""
    from torchvision import datasets  # noqa: PLC0415 - takes seconds

    if not root.is_dir():  # torchvision would make it
        raise NotADirectoryError("there is no such folder")
    kind = getattr(datasets, entry.kind)
    arguments = dict(entry.arguments)
    if "loader" in inspect.signature(kind).parameters:
        arguments["loader"] = Path  # it loads a file as its path: the bytes stay as published
    return {
        split: kind(root, **arguments, **chosen, download=download)
        for split, chosen in entry.splits.items()
    }


def _classes(entry: Entry, datasets: dict[str, Any]) -> tuple[str, ...]:
    found = [
        getattr(dataset, entry.names) if isinstance(entry.names, str) else entry.names
        for dataset in datasets.values()
    ]
    if any(names != found[0] for names in found):
        raise ValueError("its splits have different classes")
    # A class of ImageNet is its synonyms.
    names = (name if isinstance(name, str) else name[0] for name in found[0])
    return tuple(names)[entry.first :]


def _images(entry: Entry, root: Path, dataset: Any) -> tuple[Iterator[Image], Entries]:  # noqa: ANN401
    """Check one split, and stream it: files by name, arrays in their published order.

    Beside the images are their paths and labels.
    """
    samples = entry.samples(dataset)
    example = next(iter(entry.samples(dataset)), None)
    if example is None:
        raise ValueError("one of its splits is empty")
    if not isinstance(example[0], str | Path):
        labels = np.asarray(dataset.targets if hasattr(dataset, "targets") else dataset.labels)
        labels = labels.reshape(len(labels), -1)[:, 0]
        _check_labels(labels, len(dataset), entry)
        names = ((_number(n), int(label) - entry.first) for n, label in enumerate(labels))
        return _encode_pictures(samples, entry.first), names
    listed = sorted((Path(path), int(label)) for path, label in samples)
    if missing := [path for path, _ in listed if not path.is_file()]:
        raise FileNotFoundError(
            f"{len(missing):,} of {len(listed):,} files are missing, {missing[0]} among them"
        )
    _check_labels(np.asarray([label for _, label in listed]), len(listed), entry)
    names = ((_relative(path, root), label - entry.first) for path, label in listed)
    return _read_files(listed, root, entry.first), names


def _check_labels(labels: np.ndarray, count: int, entry: Entry) -> None:
    """Raise an error unless there is a label for each image, and a class for each label."""
    last = entry.first + len(entry.names) - 1
    if len(labels) != count:
        raise ValueError(f"{len(labels):,} labels for {count:,} images")
    if labels.min() < entry.first or labels.max() > last:
        raise ValueError(
            f"labels from {labels.min()} to {labels.max()}, expected {entry.first} to {last}"
        )


def _read_files(listed: Iterable[tuple[Path, int]], root: Path, first: int) -> Iterator[Image]:
    for path, label in listed:
        try:
            data = path.read_bytes()
        except OSError as error:
            if lacking(error):
                raise
            raise UserError(
                f"{excerpt(str(path))}: cannot be read: {error.strerror}; "
                "mend it, or fetch it again"
            ) from error
        yield Image(data, _relative(path, root), label - first)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _encode_pictures(samples: Samples, first: int) -> Iterator[Image]:
    """Encode pictures as PNG, which is lossless."""
    for index, (picture, label) in enumerate(samples):
        file = BytesIO()
        picture.save(file, "PNG")
        yield Image(file.getvalue(), _number(index), int(label) - first)


def _number(index: int) -> str:
    return f"{index:05d}.png"


def _user_error(error: Exception) -> UserError:
    """Return the message without torchvision's advice, which is for programmers."""
    reason = str(error).partition(" You can ")[0].partition("\n")[0].rstrip(".")
    reason = excerpt(reason[:1].lower() + reason[1:]) or type(error).__name__
    if isinstance(error, ImportError):
        package = (error.name or "torchvision").partition(".")[0]
        return UserError(f"{reason}; `pip install {package}`")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UserError(f"{reason}; free some space, then run the stage again")
    return IncompleteError(reason)
