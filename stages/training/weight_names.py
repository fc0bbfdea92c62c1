"""Names of weights: strip the prefixes of wrappers, and explain a mismatch."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from torch import Tensor

from reprise.escaping import printable
from stages.mistakes import short

WRAPPERS = ("_orig_mod.", "module.")  # in names, of torch.compile and of parallel training
MAX_LINES = 10  # about layers, in a message
SAMPLE = 3  # names that are listed of many
UNEXPECTED = "missing in the network"


def prefixes(own: Iterable[str], found: Iterable[str]) -> list[str]:
    """Return the prefixes in the file of many names of the network, the commonest first."""
    names, counts = set(own), dict[str, int]()
    for name in found:
        for start in _starts(name):
            if name[start:] in names:
                counts[name[:start]] = counts.get(name[:start], 0) + 1
    # Short names such as 0.weight come by chance; the head alone may be missing.
    many = [prefix for prefix, count in counts.items() if 3 * count >= len(names)]
    return sorted(many, key=lambda prefix: (-counts[prefix], prefix))


def without(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights whose names have the prefix, without it."""
    return {
        name.removeprefix(prefix): weight
        for name, weight in weights.items()
        if name.startswith(prefix)
    }


def unwrapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights, their names without those of wrappers around parts of the network."""
    return {_plain(name): weight for name, weight in weights.items()}


def common_prefix(names: Iterable[str]) -> str:
    """Return the longest common prefix of the names that ends with a dot."""
    parts = [name.split(".")[:-1] for name in names]
    first, last = min(parts, default=[]), max(parts, default=[])
    count = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(last)),
    )
    return "".join(f"{part}." for part in first[:count])


def describe_mismatch(
    own: Mapping[str, Tensor], found: Mapping[str, Tensor], completed: Mapping[str, Tensor]
) -> Iterator[str]:
    """Yield the lines of a message; `completed` are the weights found, with their replacements."""
    lines = [*differences(own, completed)]
    unexpected = [line for line in lines if line.endswith(UNEXPECTED)]
    missing = [line for line in lines if not line.endswith(UNEXPECTED)]
    room = MAX_LINES
    if 2 * len(own.keys() & found.keys()) < len(own):  # names differ, rather than shapes
        begin = printable(common_prefix(found))
        every = f", all behind {begin}" if begin else ""
        yield f"names in the file{every}: {sample(found)}"
        yield f"names in the network: {sample(own)}"
        room -= 2
    first = missing[: max(room - len(unexpected), room // 2)]
    shown = [*first, *unexpected[: room - len(first)]]
    yield from shown
    if len(lines) > len(shown):
        yield f"and {len(lines) - len(shown)} more"


def differences(own: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a line for every layer that one side lacks, or whose shapes differ."""
    for name in {**own, **found}:
        wanted, given = (
            str([*side[name].shape]) if name in side else "missing" for side in (own, found)
        )
        if wanted != given:
            yield f"{short(name)}: {given} there, {wanted} in the network"


def sample(names: Collection[str]) -> str:
    """Return some of the names, and how many more there are."""
    more = f" and {len(names) - SAMPLE:,} more" if len(names) > SAMPLE else ""
    return ", ".join(map(short, islice(names, SAMPLE))) + more


def _plain(name: str) -> str:
    for mark in WRAPPERS:
        name = name.replace(f".{mark}", ".").removeprefix(mark)
    return name


def _starts(name: str) -> Iterator[int]:
    """Yield where a name may begin behind a prefix: after a dot or an underscore."""
    for index, letter in enumerate(name, 1):
        if letter in "._":
            yield index
