"""Prefixes that wrappers put before the names of weights: compiling, parallel training, Lightning.

As a wrapper may hold another, and a network may lie within a larger one, no list of them is kept:
a prefix is what stands before the network's own names in the file.
"""

from collections.abc import Iterable, Iterator, Mapping

from torch import Tensor

WRAPPED = ("_orig_mod.", "module.")  # within names: what compiling or parallel training wrapped


def candidates(own: Iterable[str], found: Iterable[str]) -> list[str]:
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


def shared(names: Iterable[str]) -> str:
    """Return the prefix, up to a dot, with which all names begin."""
    parts = [name.split(".")[:-1] for name in names]
    first, last = min(parts, default=[]), max(parts, default=[])
    count = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(last)),
    )
    return "".join(f"{part}." for part in first[:count])


def _plain(name: str) -> str:
    for mark in WRAPPED:
        name = name.replace(f".{mark}", ".").removeprefix(mark)
    return name


def _starts(name: str) -> Iterator[int]:
    """Yield where a name may begin behind a prefix: after a dot or an underscore."""
    for index, letter in enumerate(name, 1):
        if letter in "._":
            yield index
