"""Images a second from files to tensors: preprocess against torchvision's ImageFolder.

    python -m benchmarks.preprocess 224 hymenoptera_data.zip
    python -m benchmarks.preprocess 32 cifar10_images.zip

and as a part of `make bench`, of ants and bees.

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

from benchmarks.measuring.datasets import photographs
from benchmarks.measuring.figure import Figure
from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import Findings, Task
from stages.artifacts import raw, splits
from stages.artifacts.raw import Image, Raw
from stages.preprocess import Preprocess, preprocess

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.data import ConcatDataset

ROUNDS, WORKERS, BATCH = 5, 2, 64
SIDE = 224  # of the photographs in `make bench`
NEXT = "ours, next epoch"
NOTE = "the usual way decodes in every epoch; ours once, and then reads arrays"


def main() -> None:
    """Measure both, and print images a second and the ratio."""
    size, archive = int(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ZipFile(archive).extractall(folder / "files")
        count, seconds = in_turns(folder, folder / "files", size, ROUNDS)
    print(f"{archive.name}, {count} images to {size} x {size}, {WORKERS} workers, n = {ROUNDS}")
    base = median(seconds["usual"])
    for way, values in seconds.items():
        middle = median(values)
        print(f"{way:<18}{count / middle:>12,.0f} images/s  {base / middle:8.2f}x")


def measure(task: Task) -> Findings:
    """Measure both as a part of `make bench`."""
    photos, folder = photographs(task), task.scratch / "preprocessing"
    folder.mkdir(exist_ok=True)
    count, seconds = in_turns(folder, photos, SIDE, task.chosen(ROUNDS, 1))
    made, usual = dict[str, Figure](), seconds["usual"]
    for key, way in (("ratio", "ours"), ("next_epoch_ratio", NEXT)):
        ratios = tuple(one / two for one, two in zip(usual, seconds[way], strict=True))
        what = f"times as fast as the usual way: {way}"
        made[key] = Figure(what=what, values=ratios, unit="x", decimals=1)
    for way, values in seconds.items():
        rates, key = tuple(count / value for value in values), way.replace(", ", "_")
        what = f"images a second, {way}"
        made[f"{key.replace(' ', '_')}_speed"] = Figure(
            what=what, values=rates, unit="images/s", decimals=0
        )
    notes = [f"{count} photographs to {SIDE} x {SIDE}, {WORKERS} workers for both", NOTE]
    return Findings(made, notes)


def in_turns(
    folder: Path, files: Path, size: int, rounds: int
) -> tuple[int, dict[str, list[float]]]:
    """Return how many images there are, and the seconds of each way, which take turns."""
    usual = image_folder(files, size)
    pack(files, folder / "raw")
    seconds: dict[str, list[float]] = {"usual": [], "ours": [], NEXT: []}
    for _ in range(rounds):
        seconds["usual"].append(timed(lambda: iterate(usual)))
        seconds["ours"].append(timed(lambda: ours(folder, size)))
        seconds[NEXT].append(timed(lambda: epoch(folder / "splits")))
    return len(usual), seconds


def parts() -> dict[str, Measure]:
    """Return the part of `make bench` that this is."""
    return {"preprocessing": measure}


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
