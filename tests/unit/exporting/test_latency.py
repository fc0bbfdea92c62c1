from collections.abc import Iterable
from itertools import count

import numpy as np
import pytest
from exports import DATA, PARAMS, copying, weighing
from torch import Tensor

from stages.artifacts.exported import Figures, Files, Portable
from stages.exporting import latency
from stages.exporting.formats import Format
from stages.exporting.inference import Outputs
from stages.exporting.latency import REPEATS, WARMUP, checksum, told

FIGURES: Figures = {"agreement": 1.0, "bytes": 12}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return the shapes of the batches that a format gets; its clock ticks by a second."""
    shapes, ticks = list[tuple[int, ...]](), count()

    def predict(files: Files, batches: Iterable[Tensor], threads: int) -> Outputs:
        assert files == {"a": b"b"}
        kept = [*batches]
        shapes.extend(tuple(one.shape) for one in kept)
        return copying(None, kept, threads)

    formats = {"mine": Format(weighing, predict), "silent": Format(weighing, None, "no runtime")}
    monkeypatch.setattr(latency, "known", lambda _: formats)
    monkeypatch.setattr(latency, "perf_counter", lambda: float(next(ticks)))
    return shapes


def made(**comparison: Figures) -> Portable:
    return Portable({"a": b"b"}, {**comparison})


def test_each_file_that_runs_is_timed_image_by_image(asked: list[tuple[int, ...]]) -> None:
    silent: Figures = {"untried": "no runtime", "bytes": 1}
    found = told(made(mine=FIGURES, silent=silent), DATA.test.images, PARAMS)
    assert found["formats"] == [
        {"format": "mine", **FIGURES, "milliseconds": 1000.0},
        {"format": "silent", **silent},
    ]
    assert found["threads"] == PARAMS.threads
    assert asked == [(1, 4, 5, 1)] * (WARMUP + REPEATS + 1)


def test_what_was_not_made_is_not_timed(asked: list[tuple[int, ...]]) -> None:
    found = told(made(mine={"unsupported": "no"}), DATA.test.images, PARAMS)
    assert found["formats"] == [{"format": "mine", "unsupported": "no"}]
    assert not asked


@pytest.mark.usefixtures("asked")
def test_one_image_is_enough() -> None:
    found = told(made(mine=FIGURES), np.asarray(DATA.test.images[:1]), PARAMS)
    assert found["repeats"] == REPEATS


def test_another_comparison_has_another_checksum() -> None:
    assert checksum(made(mine=FIGURES)) == checksum(made(mine={**FIGURES}))
    assert checksum(made(mine=FIGURES)) != checksum(made(mine={**FIGURES, "bytes": 13}))
