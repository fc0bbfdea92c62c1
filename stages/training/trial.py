"""Measure whether several processes make a training faster on this machine.

Nobody knows beforehand: on small networks they wait for each other longer than they compute.
"""

from collections.abc import Callable
from functools import partial
from math import ceil
from statistics import median
from time import perf_counter

from stages import workers
from stages.batches import Resident
from stages.training.loop import Loop
from stages.training.sampling import Sampler, Start, remaining_images
from stages.training.step import Step
from stages.world import World

ROUNDS = 3  # after one that does not count
WORTH = 60.0  # seconds of training that pay for starting processes


def share(step: Step, data: Resident, params: Loop, threads: int) -> bool:
    """Find how many processes to use, unless the user has said so, and tell if this one goes on.

    Alone on CPUs, with a long training before it, it starts the stage again in as many processes as
    there are cores for. Of these, all go on, or the first alone where that is faster.
    """
    world, count = step.world, workers.affordable(params.accumulate, threads)
    if not workers.is_open():
        return True
    if world.size > 1:
        return _is_faster(step, data, params) or _go_alone(step)
    if world.device.type == "cpu" and count > 1:
        left = remaining_images(step.learner, len(data.labels), params) / params.batch_size
        if left * _seconds_a_batch(step, data, params) > WORTH:
            workers.start_again(count)
    return True


def _is_faster(step: Step, data: Resident, params: Loop) -> bool:
    """Tell whether all processes compute a step faster than the first alone.

    Measured are a batch in one process, a batch in all at the same time, and an exchange.
    """
    world, seconds = step.world, partial(_seconds_a_batch, step, data, params)
    alone = world.gather_objects(seconds() if world.rank == 0 else 0.0)[0]
    together = max(world.gather_objects(seconds()))
    exchange = max(world.gather_objects(_median(step.try_exchange)))
    batches = ceil(params.accumulate / world.size)
    return bool(batches * together + exchange < params.accumulate * alone)


def _go_alone(step: Step) -> bool:
    """Leave the other processes; tell whether this is the one that goes on."""
    first = step.world.rank == 0
    step.world.leave()
    step.join(World(step.world.device))
    return first


def _seconds_a_batch(step: Step, data: Resident, params: Loop) -> float:
    sampler = Sampler(data, params, step.learner.classes, World(step.world.device))
    images, targets = next(iter(next(sampler.steps(Start())).batches))
    return _median(lambda: step.try_batch(images, targets))


def _median(work: Callable[[], None]) -> float:
    """Return the median time that some work takes, once it has been done."""
    times = []
    for _ in range(1 + ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times[1:])
