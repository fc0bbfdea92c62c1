"""Why weights do not fit a network, in a few lines that name some of both sides."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from torch import Tensor

from reprise.escaping import printable
from stages.mistakes import short
from stages.training.prefix import shared

NAMED = 10  # lines on layers
SAMPLE = 3  # names that stand for all of a side
STRANGE = "missing in the network"


def describe(
    own: Mapping[str, Tensor], found: Mapping[str, Tensor], completed: Mapping[str, Tensor]
) -> Iterator[str]:
    """Yield lines on names and layers; `completed` is what was found, with what may be replaced."""
    lines = [*differences(own, completed)]
    strange = [line for line in lines if line.endswith(STRANGE)]
    wanting = [line for line in lines if not line.endswith(STRANGE)]
    room = NAMED
    if 2 * len(own.keys() & found.keys()) < len(own):  # names differ, rather than shapes
        begin = printable(shared(found))
        every = f", all behind {begin}" if begin else ""
        yield f"names in the file{every}: {sample(found)}"
        yield f"names in the network: {sample(own)}"
        room -= 2
    first = wanting[: max(room - len(strange), room // 2)]
    told = [*first, *strange[: room - len(first)]]
    yield from told
    if len(lines) > len(told):
        yield f"and {len(lines) - len(told)} more"


def differences(own: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a line for every layer that is in one only, or has two shapes."""
    for name in {**own, **found}:
        wanted, given = (
            str([*side[name].shape]) if name in side else "missing" for side in (own, found)
        )
        if wanted != given:
            yield f"{short(name)}: {given} there, {wanted} in the network"


def sample(names: Collection[str]) -> str:
    """Name some."""
    more = f" and {len(names) - SAMPLE:,} more" if len(names) > SAMPLE else ""
    return ", ".join(map(short, islice(names, SAMPLE))) + more
