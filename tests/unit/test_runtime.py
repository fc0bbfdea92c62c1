import os
from collections.abc import Iterator

import pytest
import torch
from pydantic import ValidationError
from toys import RUNTIME

from stages import runtime
from stages.errors import UserError
from stages.runtime import Runtime


def settings(**changes: object) -> Runtime:
    return Runtime.model_validate({**RUNTIME, **changes})


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let the machine have the GPUs named."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in request.param)
    monkeypatch.setattr(torch.mps, "is_available", lambda: "mps" in request.param)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_threads_are_as_many_as_asked(threads: int) -> None:
    runtime.start(settings(threads=threads))
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("deterministic", [True, False])
def test_kernels_that_vary_are_forbidden_or_not(*, deterministic: bool) -> None:
    torch.use_deterministic_algorithms(not deterministic)
    torch.backends.cudnn.benchmark = deterministic
    runtime.start(settings(deterministic=deterministic))
    assert torch.are_deterministic_algorithms_enabled() is deterministic
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cudnn.benchmark is not deterministic


@pytest.mark.parametrize("deterministic", [True, False])
def test_the_compiler_follows_when_it_starts(*, deterministic: bool) -> None:
    from torch._inductor import config  # noqa: PLC0415 -- a second

    runtime.start(settings(deterministic=deterministic))
    runtime.start_compiler()
    assert config.deterministic is deterministic
    assert torch.are_deterministic_algorithms_enabled() is deterministic


@pytest.mark.parametrize("tf32", [True, False])
def test_factors_are_rounded_or_not(*, tf32: bool) -> None:
    runtime.start(settings(tf32=tf32))
    assert torch.backends.cuda.matmul.allow_tf32 is tf32
    assert torch.backends.cudnn.allow_tf32 is tf32


@pytest.mark.parametrize(("before", "after"), [(None, ":4096:8"), (":16:8", ":16:8")])
def test_cublas_gets_a_fixed_workspace_unless_the_user_chose_one(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    if before:
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", before)
    runtime.start(settings())
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == after


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("gpus", "asked", "device"),
    [
        ({"cuda"}, "auto", "cuda"),
        ({"cuda"}, "cuda", "cuda"),
        ({"cuda"}, "cpu", "cpu"),
        ({"mps"}, "auto", "cpu"),
        ({"mps"}, "mps", "mps"),
        (set(), "auto", "cpu"),
        (set(), "cpu", "cpu"),
    ],
    indirect=["gpus"],
)
def test_the_device_is_the_one_asked_or_a_gpu_where_there_is_one(asked: str, device: str) -> None:
    assert runtime.start(settings(device=asked)) == torch.device(device)


class Evaluate(Runtime):
    """A section, whose name is in the message."""


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("gpus", "asked", "found"),
    [(set(), "cuda", "cpu"), (set(), "mps", "cpu"), ({"cuda"}, "mps", "cuda and cpu")],
    indirect=["gpus"],
)
def test_a_device_that_is_not_there_is_refused(asked: str, found: str) -> None:
    with pytest.raises(UserError) as refused:
        runtime.start(Evaluate.model_validate({**RUNTIME, "device": asked}))
    assert str(refused.value) == (
        f"evaluate.device is {asked}, but torch finds only {found} on this machine; "
        "choose one of these, or auto"
    )


VALUES = [("threads", 0), ("threads", -1), ("threads", 1025), ("threads", 1.0), ("device", "tpu")]
VALUES += [("deterministic", 1), ("tf32", "yes"), ("device", None)]


@pytest.mark.parametrize(("key", "value"), VALUES)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        settings(**{key: value})
