"""Images a second from files to tensors: preprocess against torchvision's ImageFolder.

    python -m benchmarks.preprocess 224 hymenoptera_data.zip
    python -m benchmarks.preprocess 32 cifar10_images.zip

Ours reads data/raw, decodes, resizes and crops, looks for duplicates and writes the splits. The
usual way is ImageFolder with Resize, CenterCrop and PILToTensor, iterated by a DataLoader in
batches of 64. Both use as many workers, take turns, and the median counts. A second epoch is, for
ours, one pass over the arrays in random batches of 64.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zipfile import ZipFile

from stages.artifacts import raw, splits
from stages.artifacts.raw import Image, Raw
from stages.preprocess import Preprocess, preprocess

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.data import ConcatDataset

ROUNDS, WORKERS, BATCH = 5, 2, 64


def main() -> None:
    """Measure both, and print images a second and the ratio."""
    size, archive = int(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ZipFile(archive).extractall(folder / "files")
        usual = image_folder(folder / "files", size)
        pack(folder / "files", folder / "raw")
        count = len(usual)
        seconds: dict[str, list[float]] = {"usual": [], "ours": [], "ours, next epoch": []}
        for _ in range(ROUNDS):
            seconds["usual"].append(timed(lambda: iterate(usual)))
            seconds["ours"].append(timed(lambda: ours(folder, size)))
            seconds["ours, next epoch"].append(timed(lambda: epoch(folder / "splits")))
    print(f"{archive.name}, {count} images to {size} x {size}, {WORKERS} workers, n = {ROUNDS}")
    base = median(seconds["usual"])
    for way, values in seconds.items():
        middle = median(values)
        print(f"{way:<18}{count / middle:>12,.0f} images/s  {base / middle:8.2f}x")


def timed(run: Callable[[], None]) -> float:
    """Return the seconds that a run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


# torch is imported where it is used: the processes that decode import this module, too.
def image_folder(root: Path, size: int) -> "ConcatDataset[tuple[Tensor, int]]":
    """Return the usual data set over every split folder."""
    from torch.utils.data import ConcatDataset  # noqa: PLC0415
    from torchvision.datasets import ImageFolder  # noqa: PLC0415
    from torchvision.transforms import v2  # noqa: PLC0415

    steps = v2.Compose([v2.Resize(size), v2.CenterCrop(size), v2.PILToTensor()])
    tops = sorted({path.parent.parent for path in root.rglob("*.jpg")})
    return ConcatDataset([ImageFolder(str(top), steps) for top in tops])


def iterate(data: "ConcatDataset[tuple[Tensor, int]]") -> None:
    """Go through the usual data set once."""
    from torch.utils.data import DataLoader  # noqa: PLC0415

    for _ in DataLoader(data, batch_size=BATCH, num_workers=WORKERS):
        pass


def pack(root: Path, target: Path) -> None:
    """Write the same files as data/raw."""
    paths = sorted(root.rglob("*.jpg"))
    classes = sorted({path.parent.name for path in paths})
    images = (Image(p.read_bytes(), str(p), classes.index(p.parent.name)) for p in paths)
    raw.write(Raw(tuple(classes), {"train": images}, {}), target)


def ours(folder: Path, size: int) -> None:
    """Run preprocess."""
    params = Preprocess(
        seed=0, splits="published", val_fraction=0.1, test_fraction=0.1, folds=None, fold=0,
        groups="none", group_pattern=None, similarity=0.95,
        image_size=(size, size), resize="crop", interpolation="bilinear", channels=3,
        normalize="dataset", duplicates="keep", on_error="exclude", workers=WORKERS,
    )  # fmt: skip
    with splits.writer((size, size, 3), folder / "splits") as out:
        preprocess(params, raw.read(folder / "raw"), out)


def epoch(root: Path) -> None:
    """Index every split in random batches."""
    import torch  # noqa: PLC0415

    for name in splits.NAMES:
        images = torch.from_numpy(splits.read(name, root).images)
        for rows in torch.randperm(len(images)).split(BATCH):
            images[rows]


if __name__ == "__main__":
    main()
