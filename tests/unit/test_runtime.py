import os
from collections.abc import Iterator

import pytest
import torch
from pydantic import ValidationError

from stages import runtime
from stages.runtime import Runtime


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_threads_are_as_many_as_asked(threads: int) -> None:
    runtime.start(Runtime(threads=threads))
    assert torch.get_num_threads() == threads


def test_kernels_that_vary_are_forbidden() -> None:
    torch.use_deterministic_algorithms(mode=False)
    torch.backends.cudnn.benchmark = True
    runtime.start(Runtime(threads=1))
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize(("before", "after"), [(None, ":4096:8"), (":16:8", ":16:8")])
def test_cublas_gets_a_fixed_workspace_unless_the_user_chose_one(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    if before:
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", before)
    runtime.start(Runtime(threads=1))
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == after


@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_the_device_is_a_gpu_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, *, available: bool, device: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert runtime.start(Runtime(threads=1)) == torch.device(device)


@pytest.mark.parametrize("threads", [0, -1, 1025])
def test_a_number_of_threads_out_of_bounds_is_refused(threads: int) -> None:
    with pytest.raises(ValidationError, match="threads"):
        Runtime(threads=threads)
