"""Measure the latency of an exported file for one image; no DVC output holds it."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from statistics import median
from time import perf_counter

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from stages import processor
from stages.artifacts.exported import Portable
from stages.exporting.conversion import Conversion
from stages.exporting.formats import known
from stages.exporting.inference import as_input

WARMUP, REPEATS = 5, 20  # images before the clock runs, and after


def checksum(made: Portable) -> str:
    """Return a checksum of the comparison."""
    text = json.dumps(made.comparison, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def told(
    made: Portable, images: UInt8[np.ndarray, "n h w c"], params: Conversion
) -> dict[str, object]:
    """Return what the report tells of the formats: their comparison, and their speed here."""
    some = torch.from_numpy(np.array(images[: WARMUP + REPEATS]))
    taken = measured(made, some, params)
    formats = [
        {"format": name, **figures} | ({"milliseconds": taken[name]} if name in taken else {})
        for name, figures in made.comparison.items()
    ]
    machine = {"cpu": processor.model(), "threads": params.threads, "repeats": REPEATS}
    return {"formats": formats, **machine}


def measured(
    made: Portable, images: UInt8[Tensor, "n h w c"], params: Conversion
) -> Mapping[str, float]:
    """Return the median of the times for one image, in milliseconds, of the files that run here."""
    taken = {}
    for name, form in known(params).items():
        if form.predict is not None and "bytes" in made.comparison.get(name, {}):
            clock = list[float]()
            form.predict(made.files, _one_by_one(images, params, clock), params.threads)
            times = [after - before for before, after in pairwise(clock[WARMUP:])]
            taken[name] = 1000 * median(times)
    return taken


def _one_by_one(
    images: UInt8[Tensor, "n h w c"], params: Conversion, clock: list[float]
) -> Iterator[Tensor]:
    """Yield images one at a time, and note when each is asked for: then the last is done."""
    for number in range(WARMUP + REPEATS + 1):
        place = number % len(images)
        image = as_input(images[place : place + 1], params)
        clock.append(perf_counter())
        yield image
