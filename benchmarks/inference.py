"""Milliseconds of a prediction and bytes of a file, of every format against eager PyTorch.

    python -m benchmarks.inference [--formats onnx int8 ...] [--rounds 30]

It measures the classifier of this folder, models/classifier.safetensors, on images of its test
split, from uint8 to probabilities. Each format has a process of its own, as it has where it serves:
in one process, the threads of PyTorch and of ONNX Runtime wait for work on each other's cores, and
their weights drive each other out of the cache. The processes take turns, so that what else the
machine does meets all; after some calls to get warm, a turn is CALLS calls. Printed is the median.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from stages import runtime
from stages.artifacts import classifier, splits
from stages.export import Export
from stages.exporting import conversion, onnx, openvino
from stages.exporting.formats import known
from stages.exporting.inference import Inference, as_input
from stages.exporting.torchscript import deprecated

BATCHES = (1, 8, 64)
WARM, CALLS = 3, 10
EAGER = "eager"
Run = Callable[[Tensor], object]


def main() -> None:
    """Print a line a format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", nargs="+", default=["onnx", "int8", "torchscript", "pt2"])
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    params = Export.load().model_copy(update={"formats": tuple(given.formats)})
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sizes = {EAGER: 0, **files(params, Path(folder))}
        asked = {name: stack.enter_context(started(name, params, folder)) for name in sizes}
        times = measure(asked, given.rounds)
    print(
        f"{params.threads} threads, median of {given.rounds} x {CALLS} calls, ms at batch {BATCHES}"
    )
    for name, values in times.items():
        figures = "".join(
            f"{value:9.3f} ({eager / value:5.2f}x)"
            for value, eager in zip(values, times[EAGER], strict=True)
        )
        print(f"{name:<12}{figures}{sizes[name]:>14,} bytes")


def files(params: Export, folder: Path) -> dict[str, int]:
    """Write a file for each format; return how many bytes it has."""
    runtime.start(params)
    job = conversion.job_of(classifier.read(), splits.read("train"), params)
    sizes = dict[str, int]()
    for name in params.formats:
        made = known(params)[name].convert(job)
        for path, content in made.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_bytes(content)
        sizes[name] = sum(map(len, made.values()))
    return sizes


@contextmanager
def started(name: str, params: Export, folder: str) -> Iterator[Connection]:
    """Start the process of a format, and end it."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=serve, args=(name, params, folder, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()  # it has loaded
        yield ours
    finally:
        ours.close()
        process.join()


def serve(name: str, params: Export, folder: str, asked: Connection) -> None:
    """Answer each batch size with the milliseconds of CALLS calls, until nobody asks."""
    runtime.start(params)
    test = splits.read("test")
    images = as_input(torch.from_numpy(test.images[: max(BATCHES)].copy()), params)
    with torch.inference_mode(), deprecated():
        run = load(name, params, Path(folder))
        asked.send(None)
        try:
            while True:
                asked.send(timed(run, images[: asked.recv()]))
        except EOFError:
            return


def load(name: str, params: Export, folder: Path) -> Run:
    """Return a function from images to outputs."""
    if name == EAGER:
        return Inference(classifier.read(), params)
    path = next(one for one in sorted((folder / name).rglob("*.*")) if one.suffix != ".bin")
    if name in {"onnx", "int8"}:
        session = onnx.session(path.read_bytes(), params.threads)
        return lambda images: session.run(None, {"images": images.numpy()})
    loaders: dict[str, Callable[[], Run]] = {
        "torchscript": lambda: torch.jit.load(path),
        "pt2": lambda: torch.export.load(path).module(),
        "aoti": lambda: torch._inductor.aoti_load_package(str(path)),  # noqa: SLF001
        "openvino": lambda: _openvino(path, params.threads),
        "litert": lambda: _litert(path, params.threads),
    }
    return loaders[name]()


def _openvino(path: Path, threads: int) -> Run:
    exact = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    network = openvino.core().compile_model(str(path), "CPU", exact)
    return lambda images: network({"images": images.numpy()})


def _litert(path: Path, threads: int) -> Run:
    """Return a function that predicts images one by one, as these files do."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  # of an extra

    run = Interpreter(str(path), num_threads=threads).get_signature_runner()
    return lambda images: [run(images=image[None].numpy()) for image in images]


def timed(run: Run, images: Tensor) -> list[float]:
    """Return the milliseconds of each of CALLS calls."""
    for _ in range(WARM):
        run(images)
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        run(images)
        times.append(1000 * (time.perf_counter() - start))
    return times


def measure(asked: Mapping[str, Connection], rounds: int) -> dict[str, Sequence[float]]:
    """Return the median milliseconds at each batch size."""
    found: dict[str, list[list[float]]] = {name: [[] for _ in BATCHES] for name in asked}
    for _ in range(rounds):
        for number, size in enumerate(BATCHES):
            for name, connection in asked.items():
                connection.send(size)
                found[name][number] += connection.recv()
    return {name: [*map(median, times)] for name, times in found.items()}


if __name__ == "__main__":
    main()
