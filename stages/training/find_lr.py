"""Find a learning rate: `make find-lr`, a command beside the stage that touches none of its files.

reads    data/splits (train), and section `train` of params.yaml
writes   runs/find_lr.csv   the losses by learning rate, in nats per image
         runs/find_lr.png   their curve
"""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Sequence
from math import inf

from stages import errors, files, runtime
from stages.artifacts import splits
from stages.batches import to_device
from stages.errors import UserError
from stages.progress import Progress
from stages.runtime import Runtime
from stages.training.assembly import Assembly, assemble, describe
from stages.training.board import FOLDER, Board
from stages.training.ranging import PARTS, Point, Span, steepest, sweep
from stages.training.stopping import Stopping

CURVE, TABLE = FOLDER / "find_lr.png", FOLDER / "find_lr.csv"


class Train(Assembly, Stopping, Board, Runtime):
    """Section `train`, as the stage has it, which nothing below it can import."""


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
    parser = ArgumentParser(
        prog="python -m stages.training.find_lr",
        description="Learn with rising learning rates, and draw the loss.",
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--low", type=float, default=1e-7, help="first learning rate")
    parser.add_argument("--high", type=float, default=10.0, help="last learning rate")
    parser.add_argument("--steps", type=int, default=300, help="steps from one to the other")
    span = Span(**vars(parser.parse_args()))
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
    data = to_device(splits.read("train"), runtime.start(params))
    card = describe(params, splits.read_meta().interface)
    step, points = assemble(params, card, data), list[Point]()
    with Progress("find_lr", span.steps, "steps") as progress:
        for point in sweep(step, data, params, span):
            points.append(point)
            progress.advance(1)
    files.write_csv(TABLE, Point._fields, points)
    suggested = steepest(points, span.memory)
    draw(points, suggested)
    print(f"the loss falls fastest at train.lr {suggested.lr:.2g}; {CURVE} shows where it rises")


if __name__ == "__main__":
    errors.run(main)
