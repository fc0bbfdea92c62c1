"""Names of weights: the prefixes of wrappers, and why names do not fit a network."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from torch import Tensor

from reprise.escaping import printable
from stages.mistakes import short

WRAPPERS = ("_orig_mod.", "module.")  # within names: what compiling or parallel training wrapped


def prefixes(own: Iterable[str], found: Iterable[str]) -> list[str]:
    """Return what stands in the file before many names of the network, the commonest first."""
    names, counts = set(own), dict[str, int]()
    for name in found:
        for start in _starts(name):
            if name[start:] in names:
                counts[name[:start]] = counts.get(name[:start], 0) + 1
    # Short names such as 0.weight come by chance; the head alone may be missing.
    many = [prefix for prefix, count in counts.items() if 3 * count >= len(names)]
    return sorted(many, key=lambda prefix: (-counts[prefix], prefix))


def without(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights whose names have the prefix, under the names behind it."""
    return {
        name.removeprefix(prefix): weight
        for name, weight in weights.items()
        if name.startswith(prefix)
    }


def unwrapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights by names without the marks of wrappers around parts of a network."""
    return {_plain(name): weight for name, weight in weights.items()}


def common_prefix(names: Iterable[str]) -> str:
    """Return the prefix, up to a dot, with which all names begin."""
    parts = [name.split(".")[:-1] for name in names]
    first, last = min(parts, default=[]), max(parts, default=[])
    count = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(last)),
    )
    return "".join(f"{part}." for part in first[:count])


def _plain(name: str) -> str:
    for mark in WRAPPERS:
        name = name.replace(f".{mark}", ".").removeprefix(mark)
    return name


def _starts(name: str) -> Iterator[int]:
    """Yield where a name may begin behind a prefix: after a dot or an underscore."""
    for index, letter in enumerate(name, 1):
        if letter in "._":
            yield index


NAMED = 10  # lines on layers
SAMPLE = 3  # names that stand for all of a side
STRANGE = "missing in the network"


def describe_mismatch(
    own: Mapping[str, Tensor], found: Mapping[str, Tensor], completed: Mapping[str, Tensor]
) -> Iterator[str]:
    """Yield lines on names and layers; `completed` is what was found, with what may be replaced."""
    lines = [*differences(own, completed)]
    strange = [line for line in lines if line.endswith(STRANGE)]
    wanting = [line for line in lines if not line.endswith(STRANGE)]
    room = NAMED
    if 2 * len(own.keys() & found.keys()) < len(own):  # names differ, rather than shapes
        begin = printable(common_prefix(found))
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
