"""Measure whether several processes make a training faster on this machine.

Nobody knows beforehand: on small networks they wait for each other longer than they compute.
"""

from collections.abc import Callable
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
    there are cores for. In one of these, it measures a batch in one process, a batch in all at the
    same time, and an exchange; where one process is faster, the first goes on alone.
    """
    world, accumulate = step.world, params.accumulate
    count = workers.affordable(accumulate, threads)
    alone = world.size == 1 and (count == 1 or world.device.type != "cpu")
    if alone or not workers.is_open():
        return True
    sampler = Sampler(data, params, step.learner.classes, World(world.device))
    images, targets = next(iter(next(sampler.steps(Start())).batches))

    def seconds() -> float:
        return _median(lambda: step.try_out(images, targets))

    if world.size == 1:
        left = remaining_images(step.learner, len(data.labels), params) / params.batch_size
        if left * seconds() > WORTH:
            workers.start_again(count)
        return True
    single = world.gather_objects(seconds() if world.rank == 0 else 0.0)[0]
    together = max(world.gather_objects(seconds()))
    exchange = max(world.gather_objects(_median(step.try_exchange)))
    if ceil(accumulate / world.size) * together + exchange < accumulate * single:
        return True
    goes_on = world.rank == 0
    world.leave()
    step.join(World(world.device))
    return goes_on


def _median(work: Callable[[], None]) -> float:
    """Return the median time that some work takes, once it has been done."""
    times = []
    for _ in range(1 + ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times[1:])
