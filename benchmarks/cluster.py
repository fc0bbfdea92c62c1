"""Images a second of preprocess: this machine's pool against a cluster, one writer against parts.

    python -m benchmarks.cluster 224 hymenoptera_data.zip 5
    python -m benchmarks.cluster 32 cifar10_images.zip 1

Each image is packed so many times as the last argument says, each time cut by a column more: no two
are the same. The clusters run on this machine
and stay up: what is measured is a stage that finds its workers waiting. The ways take turns, and
the median counts. Parts are small here, 16 MiB of pixels, so that two workers have enough of them.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import NamedTuple
from zipfile import ZipFile

from distributed import LocalCluster
from PIL import Image as Picture

from benchmarks.preprocess import ours, timed
from stages import processor
from stages.artifacts import raw
from stages.artifacts.raw import Image, Raw
from stages.imaging import parting
from stages.imaging.engine import SCHEDULER

ROUNDS = 5


class Way(NamedTuple):
    """How the stage runs."""

    scheduler: str  # address, or none for the pool of this machine
    in_parts: bool


def main() -> None:
    """Measure all ways, and print images a second and the ratio to the pool with one writer."""
    size, archive, times = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    parting.PART_BYTES = 2**24
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        count = pack(archive, folder / "raw", times)
        one, two = (stack.enter_context(cluster(workers)) for workers in (1, 2))
        ways = {
            "pool of 2, one file": Way("", in_parts=False),
            "pool of 2, parts": Way("", in_parts=True),
            "cluster of 1, one file": Way(one, in_parts=False),
            "cluster of 1, parts": Way(one, in_parts=True),
            "cluster of 2, one file": Way(two, in_parts=False),
            "cluster of 2, parts": Way(two, in_parts=True),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(ROUNDS + 1):
            for label, way in ways.items():
                taken = timed(partial(run, way, folder, size))
                if turn:  # the first warms what stays up
                    seconds[label].append(taken)
    print(f"{archive.name} x {times}, {count} images to {size} x {size}, n = {ROUNDS}")
    print(f"{processor.model()}, {os.cpu_count()} cores")
    base = median(seconds["pool of 2, one file"])
    for label, values in seconds.items():
        rates = f"{count / max(values):,.0f} to {count / min(values):,.0f}"
        middle = median(values)
        print(f"{label:<24}{count / middle:>9,.0f} images/s ({rates})  {base / middle:6.2f}x")


def pack(archive: Path, root: Path, times: int) -> int:
    """Write every image so many times, in the splits it is published in; return how many."""
    with ZipFile(archive) as file:
        paths = [name for name in file.namelist() if name.endswith((".jpg", ".jpeg", ".png"))]
        kinds = sorted({Path(name).parent.name for name in paths})

        def images() -> Iterator[Image]:
            for again in range(times):
                for name in paths:
                    label = kinds.index(Path(name).parent.name)
                    yield Image(cut(file.read(name), again), f"{again}/{name}", label)

        return raw.write(Raw(tuple(kinds), {"train": images()}, {}), root)["train"]


def cut(data: bytes, columns: int) -> bytes:
    """Return an image without its first columns."""
    if not columns:
        return data
    picture, made = Picture.open(BytesIO(data)), BytesIO()
    picture.crop((columns, 0, *picture.size)).save(made, picture.format)
    return made.getvalue()


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Start workers, processes of one thread; yield the address of their scheduler."""
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made.scheduler_address


def run(way: Way, folder: Path, size: int) -> None:
    """Run the stage in a way."""
    os.environ[SCHEDULER] = way.scheduler
    parting.WHOLE_BYTES = 0 if way.in_parts else 2**60
    ours(folder, size)


if __name__ == "__main__":
    main()
