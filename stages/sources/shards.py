"""The Parquet files of a data set: which split each is a part of."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from stages.errors import UserError
from stages.sources.labelled import ORDER, SPLITS, complain
from stages.sources.store import Store

SHARD = re.compile(r"(.*)-([0-9]{1,9})-of-([0-9]{1,9})\.parquet")


def splits(store: Store) -> dict[str, list[str]]:
    """Sort the Parquet files into splits, and see that each part is there once.

    Raises:
        UserError: there are none, some are in no split, or a part is missing or there twice.
    """
    found = defaultdict[str, list[str]](list)
    for name in store.names():
        if name.lower().endswith(".parquet"):
            found[_split(name)].append(name)
    if not found:
        raise UserError(f"{store.place}: holds no .parquet file")
    if set(found) == {""}:
        found = defaultdict(list, train=found[""])
    complain(f"{store.place}: files of no split, beside others; rename them:", found.pop("", []))
    problems = [line for split, names in found.items() for line in _incomplete(split, names)]
    complain(f"{store.place}: splits are not there whole, and once; mend that:", problems)
    return {split: found[split] for split in ORDER if split in found}


def _split(name: str) -> str:
    path = PurePosixPath(name.lower())
    words = [re.split("[-_.]", path.name, maxsplit=1)[0], *reversed(path.parts[:-1])]
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _incomplete(split: str, names: Iterable[str]) -> Iterator[str]:
    """Compare the parts of a split with what their names promise."""
    parts = defaultdict[tuple[str, ...], list[int]](list)
    for name in names:
        shard = SHARD.fullmatch(name)
        parts[(shard[1], shard[3]) if shard else (str(PurePosixPath(name).parent),)].append(
            int(shard[2]) if shard else -1
        )
    if len(parts) > 1:
        yield f"{split}: is there as {', '.join(sorted(key[0] for key in parts))}"
    for (prefix, *total), there in parts.items():
        # No list of what should be there: a name may promise any number.
        if total and (sorted(there), len(there)) != ([*range(len(there))], int(total[0])):
            yield f"{split}: {prefix} has {len(there)} of {int(total[0])} parts"
