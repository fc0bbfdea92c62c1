from io import BytesIO

import pytest

from stages.errors import UserError
from stages.sources.shards import group_by_split
from stages.sources.store import Member, Store


def store(*names: str) -> Store:
    return Store("source", [Member(name, 4, lambda: BytesIO(b"PAR1")) for name in names])


@pytest.mark.parametrize(
    "names",
    [
        ["train-00000-of-00002-0123abcd.parquet", "test-00000-of-00001-0123abcd.parquet"],
        ["train-00001-of-00002-ff00.parquet"],
        ["data/train-00000-of-00003-9a.parquet", "data/train-00002-of-00003-7b.parquet"],
    ],
)
def test_a_part_that_is_missing_is_noticed_whatever_hash_the_others_bear(names: list[str]) -> None:
    with pytest.raises(UserError, match=r"of [23] parts"):
        group_by_split(store(*names))


def test_parts_with_hashes_are_a_whole() -> None:
    names = ["train-00000-of-00002-0123abcd.parquet", "train-00001-of-00002-4567cdef.parquet"]
    assert group_by_split(store(*names)) == {"train": names}
