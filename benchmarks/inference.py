"""Milliseconds of a prediction and bytes of a file, of every format against eager PyTorch.

    python -m benchmarks.inference [--formats onnx int8 ...]

It measures the classifier of this folder, models/classifier.safetensors, on images of its test
split, from uint8 to probabilities; formats in turns, so that what else the machine does meets all.
Printed is the median.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from stages import runtime
from stages.artifacts import classifier, splits
from stages.export import Export
from stages.exporting import onnx
from stages.exporting.description import describe
from stages.exporting.formats import known
from stages.exporting.inference import Inference, fed
from stages.exporting.job import Job
from stages.exporting.torchscript import deprecated

BATCHES = (1, 8, 64)
ROUNDS = 30
Run = Callable[[Tensor], object]


def main() -> None:
    """Print a line a format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", nargs="+", default=["onnx", "int8", "torchscript", "pt2"])
    params = Export.load().model_copy(update={"formats": tuple(parser.parse_args().formats)})
    runtime.start(params)
    source, train, test = classifier.read(), splits.read("train"), splits.read("test")
    rows = np.linspace(0, len(train.labels) - 1, min(len(train.labels), 512)).astype(int)
    network = Inference(source, params)
    images = fed(torch.from_numpy(train.images[rows]), params)
    job = Job(network, images, describe(source.card, params))
    files: dict[str, bytes] = {name: known(params)[name].convert(job) for name in params.formats}
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode(), deprecated():
        runs = {name: load(name, content, Path(folder)) for name, content in files.items()}
        tried = fed(torch.from_numpy(test.images[: BATCHES[-1]].copy()), params)
        times = measure({"eager": network, **runs}, tried)
    print(f"{torch.get_num_threads()} threads, median of {ROUNDS} rounds, ms at batch {BATCHES}")
    for name, values in times.items():
        figures = "".join(f"{value:9.3f}" for value in values)
        print(f"{name:<12}{figures}{len(files.get(name, b'')):>14,} bytes")


def load(name: str, content: bytes, folder: Path) -> Run:
    """Return a function from images to outputs."""
    path = folder / f"{name}.pt2"
    path.write_bytes(content)
    if name in {"onnx", "int8"}:
        session = onnx.session(content, torch.get_num_threads())
        return lambda images: session.run(None, {"images": images.numpy()})
    loaders: dict[str, Callable[[], Run]] = {
        "torchscript": lambda: torch.jit.load(path),
        "pt2": lambda: torch.export.load(path).module(),
        "aoti": lambda: torch._inductor.aoti_load_package(str(path)),  # noqa: SLF001
    }
    return loaders[name]()


def measure(runs: Mapping[str, Run], images: Tensor) -> dict[str, list[float]]:
    """Return the median milliseconds at each batch size."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for size in BATCHES:
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                start = time.perf_counter()
                run(images[:size])
                times[name].append(1000 * (time.perf_counter() - start))
        for name, values in times.items():
            found[name].append(median(values))
    return found


if __name__ == "__main__":
    main()
