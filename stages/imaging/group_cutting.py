"""Cut splits and folds off images, groups whole, and of every class about its share."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int64

from reprise.counting import counted
from reprise.escaping import printable
from stages.errors import UserError
from stages.imaging.dealing import deal
from stages.imaging.grouping import Groups
from stages.imaging.stock import FEW_IMAGES, Rows, Stock

EXAMPLES = 10  # groups in one message


def cut_off(stock: Stock, groups: Groups, rows: Rows, wanted: Mapping[str, int]) -> dict[str, Rows]:
    """Cut splits of about so many images each off some rows; what is left is train.

    Raises:
        UserError: a class is in too few groups, or too few images are left for train.
    """
    if not wanted:
        return {"train": rows}
    parts, whole = ["train", *wanted], len(rows)
    counts = [whole - sum(wanted.values()), *wanted.values()]
    if counts[0] <= 0:
        raise UserError(
            f"the groups cannot be split: {whole} images are too few for {_list(wanted)}, and none "
            f"is left for train; {FEW_IMAGES}"
        )
    _check_groups(stock, groups, rows, parts)
    homes = deal(
        stock.labels[rows], groups.numbers[rows], [count / whole for count in counts], stock.seed
    )
    cut = {name: rows[homes == home] for home, name in enumerate(parts)}
    for name in wanted:
        stock.check(name, stock.labels[cut[name]])
    return cut


def fold_off(stock: Stock, groups: Groups, folds: int, fold: int) -> dict[str, Rows]:
    """Divide all images into folds, and return one as the test, and the others as train.

    Raises:
        UserError: a class is in fewer groups than there are folds.
    """
    rows = np.arange(len(stock.labels))
    names = [f"fold {number}" for number in range(folds)]
    _check_groups(stock, groups, rows, names)
    homes = deal(stock.labels, groups.numbers, [1 / folds] * folds, stock.seed)
    for home, name in enumerate(names):  # each: else some folds would run, and others would not
        stock.check(name, stock.labels[homes == home])
    return {"train": rows[homes != fold], "test": rows[homes == fold]}


def refuse_shared(parts: Mapping[str, Rows], groups: Groups) -> None:
    """Refuse published splits that share a group.

    Raises:
        UserError: they do.
    """
    inside = [np.unique(groups.numbers[rows]) for rows in parts.values()]
    found, times = np.unique(np.concatenate(inside), return_counts=True)
    shared = found[times > 1].tolist()
    if shared:
        lines = [
            f"{printable(groups.names[group])} ({' and '.join(_holders(parts, groups, group))})"
            for group in shared[:EXAMPLES]
        ]
        more = [f"and {len(shared) - EXAMPLES} more"] if len(shared) > EXAMPLES else []
        raise UserError(
            f"published splits share {counted(len(shared), 'group')}: {', '.join(lines + more)}; "
            "set preprocess.splits: fresh to split all images anew, or preprocess.groups: "
            f"none{groups.apart}"
        )


def _holders(parts: Mapping[str, Rows], groups: Groups, group: int) -> list[str]:
    return [name for name, rows in parts.items() if (groups.numbers[rows] == group).any()]


def _check_groups(stock: Stock, groups: Groups, rows: Rows, parts: list[str]) -> None:
    """Refuse fewer groups with a class than there are parts.

    Raises:
        UserError: there are fewer.
    """
    pairs: Int64[np.ndarray, "2 p"] = np.unique(
        np.stack([groups.numbers[rows], stock.labels[rows]]), axis=1
    )
    found, count = np.unique(pairs[1], return_counts=True)
    if len(rare := found[count < len(parts)]):
        raise UserError(
            f"the groups cannot be split: {_list(parts)} need a group each of every class, and "
            f"there are fewer of {stock.named(rare)}; {stock.remedy}"
        )


def _list(parts: Mapping[str, int] | list[str]) -> str:
    names = [*parts]
    if len(names) > 3:
        return f"{len(names)} folds"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]
