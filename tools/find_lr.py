"""The learning-rate range test (Smith 2017, section 3.3): the loss as the learning rate rises."""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from math import inf, isfinite
from typing import NamedTuple

import numpy as np

from reprise.standing import shown
from reprise.tool_parsers import parser
from stages import errors, files, installing, runtime
from stages.artifacts import splits
from stages.batches import Resident, to_device
from stages.errors import UserError
from stages.progress import Progress
from stages.train import Train
from stages.training.accumulation import Work
from stages.training.optimizer import freeze
from stages.training.sampling import Batching, Sampler, Start
from stages.training.setup import Training, build_step, initial_card
from stages.training.step import Step
from stages.training.tensorboard.log import FOLDER

CURVE, TABLE = FOLDER / "find_lr.png", FOLDER / "find_lr.csv"
PARTS = 30  # of the test: the smoothed loss remembers the steps of one, and is as late
ABOUT = f"""\
Train with rising learning rates, and draw the loss: `reprise find-lr`.

It writes {CURVE} and {TABLE}, and suggests train.lr where the loss falls fastest.
"""
DIVERGED = 4  # times the lowest smoothed loss, as in fastai


class Span(NamedTuple):
    """The learning rates to try, which grow by the same factor from step to step."""

    low: float
    high: float
    steps: int

    @property
    def memory(self) -> int:
        """Return how many steps the smoothed loss remembers."""
        return self.steps // PARTS


class Point(NamedTuple):
    """The loss at a learning rate."""

    lr: float
    loss: float  # of the step's images, before it, in nats per image
    smoothed: float  # its moving average


def sweep(step: Step, data: Resident, params: Training, span: Span) -> Iterator[Point]:
    """Train with rising learning rates until the loss diverges; the groups keep their ratios."""
    average, lowest, memory = 0.0, inf, span.memory
    step.whole.train()
    freeze(step.learner.network, params, 0)
    shares = endless_steps(step, data, params)
    groups = [group for made in step.learner.optimizers for group in made.param_groups]
    for number, lr in enumerate(np.geomspace(*span).tolist(), 1):
        for group in groups:
            group["lr"] = group["initial_lr"] * lr / params.lr
        loss = step(next(shares)).loss.item()
        average += (loss - average) / memory
        smoothed = average / (1 - (1 - 1 / memory) ** number)  # Kingma and Ba 2015, section 3
        if not isfinite(loss) or smoothed > DIVERGED * lowest:
            return
        lowest = min(lowest, smoothed)
        yield Point(lr, loss, smoothed)


def endless_steps(step: Step, data: Resident, params: Batching) -> Iterator[Work]:
    """Return the steps of the train stage in their order, epoch after epoch."""
    sampler = Sampler(data, params, step.learner.classes, step.world)
    return chain.from_iterable(sampler.steps(Start(epoch)) for epoch in count())


def steepest(points: Sequence[Point], memory: int) -> Point:
    """Return where the loss falls fastest over the logarithm of the rate, before its minimum.

    Neighbouring steps differ mostly by noise: points are taken as far apart as the memory is long.

    Raises:
        UserError: it does not fall.
    """
    apart = points[memory - 1 :: memory]
    losses = np.array([point.smoothed for point in apart])
    if len(apart) < 2 or not (lowest := int(losses.argmin())):
        raise UserError(
            "the loss does not fall at any rate tried; try others with --low and --high, and see "
            "with train.overfit_batches 1 whether it falls in training"
        )
    logs = np.log([point.lr for point in apart])
    return apart[int(np.gradient(losses, logs)[: lowest + 1].argmin())]


def draw(points: Sequence[Point], suggested: Point) -> None:
    """Draw the losses over the learning rates, and mark the one suggested."""
    from matplotlib.figure import Figure  # noqa: PLC0415 only this command waits for it

    lrs, losses, smoothed = zip(*points, strict=True)
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    axes.semilogx(lrs, losses, color="lightgray", label="of a step")
    axes.semilogx(lrs, smoothed, label="smoothed")
    axes.plot(suggested.lr, suggested.smoothed, "o", label=f"steepest, at {suggested.lr:.2g}")
    axes.set_ylim(0, 1.2 * max(smoothed))
    axes.set_xlabel("learning rate (train.lr)")
    axes.set_ylabel("loss, in nats per image")
    axes.legend()
    with files.replacing(CURVE) as partial:
        figure.savefig(partial, format="png", dpi=120)


def arguments() -> Span:
    """Read the command line.

    Raises:
        UserError: the rates do not rise, or the steps are too few.
    """
    span = Span(**vars(parser("find-lr", ABOUT).read()))
    if not 0 < span.low < span.high < inf:
        raise UserError(
            f"--low must be above 0 and below --high, they are {span.low:g} and {span.high:g}"
        )
    if span.steps < PARTS:
        raise UserError(f"--steps must be at least {PARTS}, is {span.steps}; 300 are good")
    return span


def main() -> None:
    """Run the test, and say which learning rate it suggests."""
    span, params = arguments(), Train.load()
    installing.require("matplotlib", "plots", "reprise find-lr")
    data = to_device(splits.read("train"), runtime.start(params))
    card = initial_card(params, splits.read_meta().interface)
    step, points = build_step(params, card, data), list[Point]()
    with Progress("find_lr", span.steps, "steps") as progress:
        for point in sweep(step, data, params, span):
            points.append(point)
            progress.advance(1)
    files.write_csv(TABLE, Point._fields, points)
    suggested = steepest(points, span.memory)
    draw(points, suggested)
    found = f"the loss falls fastest at train.lr {suggested.lr:.2g}"
    print(f"{found}; {shown(CURVE)} shows where it rises")


if __name__ == "__main__":
    errors.run(main)
