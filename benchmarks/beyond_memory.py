"""Training on a set that is larger than the memory it may take, against one that fits.

    python -m benchmarks.beyond_memory 20 4

writes 20 GB of noise, 128 x 128 x 3 pixels an image, beside the temporary files, and has the train
stage's loop go through it at random within 4 GB: the process that trains, and what the system
caches of the file, are watched, and the cache is dropped whenever both together exceed that. Both
sets have the same network and batches, take turns in one process, and the median counts; every turn
sees other images. A tighter way, where the machine has it, is a control group, which counts all:

    systemd-run --scope -p MemoryMax=4G python -m benchmarks.beyond_memory 20 4

or, as root with the older interface, `mkdir /sys/fs/cgroup/memory/four`, then write 4G to its
memory.limit_in_bytes and the shell's number to its cgroup.procs.
"""

import ctypes
import mmap
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.lib.format import open_memmap

from benchmarks.train import ours, rate
from stages import runtime
from stages.artifacts.splits import Split
from stages.batches import Resident, batches, to_device
from stages.nets.interface import Interface
from stages.train import Train
from stages.training.setup import build_step, initial_card
from tools import recipe

SIDE, CLASSES = 128, 10
IMAGE = SIDE * SIDE * 3  # bytes
SMALL = 4000  # images of the set that fits
ROUNDS, SECONDS = 5, 20.0
CHANGES = {
    "filters": (8, 8, 8),
    "batch_size": 16,
    "precision": "fp32",
    "kernel": 3,
    "threads": 1,
    "readout": "mean",
    "hidden": (),
    "flip": "random",
    "board": False,
}


def main() -> None:
    """Train on a set that is there, or write one and have another process do that."""
    if sys.argv[1] == "train":
        train(Path(sys.argv[2]))
    else:
        write_and_watch()


def write_and_watch() -> None:
    """Write the set, train on it in another process, and watch that one."""
    size, limit = (float(number) * 1e9 for number in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        begun = time.perf_counter()
        write(path, int(size / IMAGE))
        rate = size / (time.perf_counter() - begun) / 1e6
        print(f"{size / 1e9:g} GB written at {rate:,.0f} MB/s", flush=True)
        command = [sys.executable, "-m", "benchmarks.beyond_memory", "train", str(path)]
        with subprocess.Popen(command) as process:
            watch(process, path, limit)
        if process.returncode:
            raise SystemExit(process.returncode)


def write(path: Path, count: int) -> None:
    """Write images of noise, and have the system forget them."""
    images = open_memmap(path, "w+", np.uint8, (count, SIDE, SIDE, 3))
    offset = images.offset
    del images
    rng, rows = np.random.default_rng(0), 1000
    with path.open("r+b") as file:
        file.seek(offset)
        for start in range(0, count, rows):
            file.write(rng.bytes(min(rows, count - start) * IMAGE))
            file.flush()
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def watch(process: "subprocess.Popen[bytes]", path: Path, limit: float) -> None:
    """Keep the memory of a process and the cached part of a file below a limit; print the peaks."""
    peaks, total, drops = [0.0, 0.0], 0.0, 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        pages = np.empty(-(-len(mapped) // mmap.PAGESIZE), np.uint8)
        view = np.frombuffer(mapped, np.uint8)
        address = view.ctypes.data
        library = ctypes.CDLL(None)
        while process.poll() is None:
            library.mincore(
                ctypes.c_void_p(address),
                ctypes.c_size_t(len(mapped)),
                pages.ctypes.data_as(ctypes.c_void_p),
            )
            cached = float(np.count_nonzero(pages & 1) * mmap.PAGESIZE)
            resident = status(process.pid, "VmRSS")
            peaks, total = (
                [max(peaks[0], resident), max(peaks[1], cached)],
                max(total, resident + cached),
            )
            if resident + cached > 0.9 * limit:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                drops += 1
            time.sleep(0.2)
        del view  # else the map cannot be closed
    print(
        f"memory of the process {peaks[0] / 1e9:.2f} GB at most, cache of the file "
        f"{peaks[1] / 1e9:.2f} GB, both together {total / 1e9:.2f} GB; "
        f"the cache was dropped {drops} times"
    )


def status(process: int, name: str) -> float:
    """Return a number of bytes that the system says of a process; 0 once it has ended."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith(name)), 0.0)


def train(path: Path) -> None:
    """Train on both sets in turns; print images a second, and what reading alone gives."""
    params = Train.model_validate(recipe.section("mnist_cnn", Train).model_dump() | CHANGES)
    device = runtime.start(params)
    images = open_memmap(path, mode="c")
    labels = np.arange(len(images)) % CLASSES
    fits = np.random.default_rng(1).integers(0, 256, (SMALL, SIDE, SIDE, 3), np.uint8)
    sets = {
        "in memory": to_device(Split(fits, labels[:SMALL]), device),
        "on the disk": to_device(Split(images, labels), device),
    }
    print(*(f"{name}: {type(data.images).__name__}" for name, data in sets.items()), sep=", ")
    moments = (0.5,) * 3
    interface = Interface(
        classes=tuple("0123456789"), height=SIDE, width=SIDE, channels=3,
        resize="crop", interpolation="bilinear", mean=moments, std=moments,
    )  # fmt: skip
    step = build_step(params, initial_card(params, interface), sets["in memory"])
    trained, read = ({name: list[float]() for name in sets} for _ in range(2))
    for number in range(ROUNDS):
        for name, data in sets.items():
            other = params.model_copy(update={"seed": number})  # another order
            trained[name].append(rate(ours(step, data, other), SECONDS))
            read[name].append(rate(loading(data, params.batch_size, number), SECONDS))
    for what, rates in (("training", trained), ("loading alone", read)):
        base = median(rates["in memory"])
        for name, values in rates.items():
            middle, (low, *_, high) = median(values), sorted(values)
            print(
                f"{what:<14}{name:<12}{middle:>9,.0f} images/s ({low:,.0f} to {high:,.0f}) "
                f"{middle * IMAGE / 1e6:>7,.0f} MB/s {middle / base:6.2f}x"
            )
    print(f"n = {ROUNDS} rounds of {SECONDS:g} s of each, {params.threads} threads")


def loading(data: Resident, batch_size: int, seed: int) -> Iterator[int]:
    """Yield the images of batches with which nothing is done."""
    order = torch.from_numpy(np.random.default_rng((seed, 99)).permutation(len(data.labels)))
    return (len(batch.labels) for batch in batches(data, order, batch_size))


if __name__ == "__main__":
    main()
