"""The recipes that `make bench` does not measure, and why; a test holds that none is left out."""

from functools import partial

from benchmarks.measuring.session import Measure
from benchmarks.measuring.task import AbsentError, Findings, Task

WEIGHTS = "its weights, which torchvision publishes, are fetched from the network"
WHY = {
    "ants_bees_resnet18": WEIGHTS,
    "ants_bees_vgg16": WEIGHTS,
    "cifar10_speednet": "it is for a GPU; this measures processors",
    "photos_quick": "for a first run, on drawn clothes: its accuracy is in docs/recipes.md",
}


def absent(name: str, _: Task) -> Findings:
    """Say why a recipe is not measured.

    Raises:
        AbsentError: always.
    """
    raise AbsentError(WHY[name])


def parts() -> dict[str, Measure]:
    """Return these recipes as parts."""
    return {name: partial(absent, name) for name in WHY}
