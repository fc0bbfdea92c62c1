"""Whatever a valid section `train` says: a classifier, or a message; never a traceback or a crash.

The environment variable FUZZ, a factor, multiplies how many sections are drawn.
"""

import os
import typing
from collections.abc import Iterator, Sequence
from math import isfinite
from random import Random
from typing import Any, get_args, get_origin

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from toys import INTERFACE, TRAIN

from docs.parameters import unfold
from stages import runtime
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.errors import UserError
from stages.train import Train, train
from stages.training.sampling import limited
from stages.training.setup import build_step, initial_card
from stages.training.temperature import calibrate

SECTIONS = int(7 * float(os.environ.get("FUZZ", "1")))  # of each part
PARTS = range(8)
# What a test can wait for, and what needs no network, in the place of all that the bounds let in.
SENSIBLE: dict[str, Sequence[Any]] = {
    "epochs": [1, 2, 3],
    "batch_size": [1, 2, 4, 5, 3, 7, 8, 64, 1_000_000],
    "accumulate": [1, 1, 2, 5, 10_000],
    "filters": [(1,), (2, 1), (2, 4), (3, 3), (8, 16), (4, 4, 4), (16, 8), (8,) * 6, (2,) * 300],
    "hidden": [(), (), (1,), (5, 3), (64,), (2,) * 30, (1_000_000,) * 2],
    "architecture": ["resnet18", "squeezenet1_1", "mobilenet_v3_small", "resnet", "lraspp",
                     "resnet10t", "levit_128s"],
    "weights": ["none"] * 30 + ["nothing.pth", "models/classifier.safetensors", "a\nb"],
    "weights_sha256": [None] * 9 + ["0" * 64],
    "weights_revision": [None] * 9 + ["0" * 40],
    "freeze": ["none", "none", "backbone", 1, 2, 100_000],
    "milestones": [(), (1,), (1, 2), (100_000,), (2, 1)],
    "threads": [1, 2],
    "device": ["cpu"] * 20 + ["auto", "cuda", "mps"],
    "network": ["mlp", "cnn", "cnn", "lenet", "resnet_small", "resnet_small", "speednet", "custom",
                "torchvision", "timm"],
    "warmup_epochs": [0, 0, 0, 0.5, 1, 2.9, 1e-300, 100_000],
    "limit_batches": [None, None, 1, 3, 1_000_000],
    "overfit_batches": [None, None, None, 1, 1_000_000],
    "crop_padding": [0, 0, 0, 1, 3, 3, 8192],
    "nesterov": [False, False, True],
    "compile": [False] * 20 + [True],
    "board": [False],
    "tracker": ["none"],
    "resume": [False, True],
}  # fmt: skip
SHAPES = [(4, 5, 1), (8, 8, 1), (8, 8, 3), (16, 17, 3), (32, 32, 1)]


def drawn(annotation: object, metadata: Sequence[object], rng: Random) -> Any:  # noqa: ANN401
    """Return a value of a type within its bounds, often one at a bound."""
    parts = get_args(annotation)
    match get_origin(annotation):
        case typing.Annotated:
            return drawn(parts[0], [b for item in parts[1:] for b in unfold(item)], rng)
        case typing.Literal:
            return rng.choice(parts)
        case None if annotation in {int, float}:
            return number(annotation is int, metadata, rng)
        case None:
            return rng.random() < 0.5 if annotation is bool else None
    return drawn(rng.choice(parts), (), rng)


def number(whole: bool, metadata: Sequence[object], rng: Random) -> float:  # noqa: FBT001
    """Return a number: a bound, next to one, of a usual size, or of any."""
    bounds = {n: getattr(b, n) for b in metadata for n in ("ge", "gt", "le", "lt") if hasattr(b, n)}
    low, high = (
        bounds.get("ge", np.nextafter(bounds.get("gt", 0), 1)),
        bounds.get("le", np.nextafter(bounds.get("lt", 1), 0)),
    )
    usual = rng.choice([0, 0, 1e-300, 1e-45, 1e-8, 1e-4, 0.01, 0.1, 0.5, 0.9, 1, 3, 30])
    found = rng.choice([low, high, *[usual] * 12, rng.uniform(low, high)])
    found = min(max(found, low), high)
    return int(found) if whole else float(found)


def section(rng: Random) -> Train:
    """Return a valid section: some keys are drawn, the others those of the toys."""
    while True:
        values, fields = dict(TRAIN), Train.model_fields
        for key in rng.sample(sorted(fields), rng.choice([3, 6, 12, 25, len(fields)])):
            metadata, sensible = fields[key].metadata, SENSIBLE.get(key)
            given = drawn(fields[key].annotation, metadata, rng)
            values[key] = rng.choice(sensible) if sensible else given
        try:
            return Train.model_validate(values)
        except ValidationError:  # of a rule across keys
            continue


def learned(params: Train, rng: Random) -> None:
    """Train as the stage does, on noise, and look at what comes out."""
    height, width, channels = rng.choice(SHAPES)
    update = {"height": height, "width": width, "channels": channels,
              "mean": (0.5,) * channels, "std": (0.25,) * channels}  # fmt: skip
    interface = INTERFACE.model_copy(update=update)
    noise, device = np.random.default_rng(rng.getrandbits(32)), runtime.start(params)
    data, held_out = (
        to_device(
            Split(
                noise.integers(0, 256, (count, height, width, channels), np.uint8),
                noise.integers(0, 2, count),
            ),
            device,
        )
        for count in (rng.choice([9, 16, 21]), 6)
    )
    held_out, card = limited(held_out, params), initial_card(params, interface)
    step = build_step(params, card, data)
    for _ in train(step, data, held_out, params):
        pass
    made = calibrate(step, card, held_out)
    assert 0.05 < made.classifier.card.temperature < 20
    for weight in made.classifier.network.state_dict().values():
        assert not weight.is_floating_point() or weight.isfinite().all()
    assert all(isfinite(epoch.val_loss) for epoch in step.learner.history)


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """Leave the state of torch as it was."""
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    yield
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode(mode)


def refusal(params: Train, rng: Random) -> str:
    """Return the message in which a training ends, or nothing."""
    try:
        learned(params, rng)
    except UserError as error:
        return str(error)
    except BaseException:
        changed = {key: value for key, value in params if TRAIN[key] != value}
        print(changed)  # pytest shows it with the traceback
        raise
    return ""


@pytest.mark.parametrize("part", PARTS)
def test_a_valid_section_ends_in_a_classifier_or_a_message(part: int) -> None:
    made = 0
    for index in range(SECTIONS):
        rng = Random(f"train {part} {index}")  # noqa: S311
        message = refusal(section(rng), rng)
        made += not message
        assert len(message) < 5000
        assert all(line.isprintable() for line in message.splitlines())
        if message:
            print(message.splitlines()[0][:120])
    print(f"{SECTIONS} sections, of which {made} trained")
    assert made, "no section trained at all: what is drawn is not what it should be"
