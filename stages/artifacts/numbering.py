"""Classes of one name, told apart by a number: `crane` and `crane (2)`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count


def numbered(names: Sequence[str], key: Callable[[str], str] = str) -> tuple[str, ...]:
    """Give every name that came before a number behind it; no number makes two names of one key.

    The first of a name keeps it, and so does whatever is called `crane (2)` by itself.
    """
    taken, found = {key(name) for name in names}, list[str]()
    numbers = dict[str, Iterator[str]]()  # for each name that came
    for name in names:
        own = name
        if name in numbers:
            own = next(new for new in numbers[name] if key(new) not in taken)
            taken.add(key(own))
        numbers.setdefault(name, _behind(name))
        found.append(own)
    return tuple(found)


def _behind(name: str) -> Iterator[str]:
    return (f"{name} ({number})" for number in count(2))
