from typing import Any

import pytest

from tools.provenance import causes
from tools.provenance.causes import EDITED, UNKNOWN, UNTOLD, Run
from tools.provenance.lockfile import NOT_RUN, Locked

NEW = NOT_RUN._replace(outs={"models/x": "new"})
HERE = {"cpu": "EPYC", "threads": 2, "device": "cpu"}


def why(old: Locked, new: Locked = NEW, machine: dict[str, object] | None = None) -> list[str]:
    runs = Run(old, HERE if machine is None else machine), Run(new, HERE)
    return causes.causes(*runs, {"data/splits"})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            {"versions": {"torch": "2.14.1"}},
            {"versions": {"torch": "2.15.0"}},
            "another version of torch: it was made with 2.14.1, 2.15.0 is installed",
        ),
        (
            {"params": {"train.seed": 1}},
            {"params": {"train.seed": 0}},
            "train.seed is 1 in dvc.lock and 0 in params.yaml",
        ),
        (
            {"code": {"stages/a.py": "1", "stages/b.py": "1"}},
            {"code": {"stages/a.py": "2", "stages/b.py": "2"}},
            "dvc.lock was written with other code than this commit's: stages/a.py, stages/b.py",
        ),
        (
            {"data": {"data/splits": "1"}},
            {"data": {"data/splits": "2"}},
            "data/splits differs, see above",
        ),
        (
            {"data": {"data/source": "1"}},
            {"data": {"data/source": "2"}},
            "data/source is not the same",
        ),
    ],
)
def test_what_went_in_is_the_reason(old: dict[str, Any], new: dict[str, Any], reason: str) -> None:
    assert why(NOT_RUN._replace(**old), NEW._replace(**new), {}) == [reason]


def test_the_machine_is_the_reason_where_all_that_went_in_is_the_same() -> None:
    there: dict[str, object] = {"cpu": "Xeon", "threads": 4, "device": "NVIDIA H200"}
    assert why(NOT_RUN, machine=there) == [
        "another cpu: Xeon when it was made, EPYC here",
        "CPU or another GPU: NVIDIA H200 when it was made, cpu here",
        "another number of threads: 4 when it was made, 2 here",
    ]


def test_without_any_difference_the_reason_is_unknown() -> None:
    assert why(NOT_RUN) == [UNKNOWN]
    assert why(NOT_RUN, machine={}) == [UNTOLD]
    assert why(NEW) == [EDITED]


@pytest.mark.parametrize("record", [None, b"", b"{", b"3", b"[1]"])
def test_a_record_that_cannot_be_read_tells_nothing(record: bytes | None) -> None:
    assert causes.machine(record) == {}


def test_a_record_is_read() -> None:
    assert causes.machine(b'{"cpu": "EPYC"}') == {"cpu": "EPYC"}
