import os
import platform
import subprocess
import sys

import pytest
import torch
from toys import RUNTIME

from stages import processor, runtime
from stages.errors import UserError
from stages.evaluate import Evaluate
from stages.processor import PORTABLE, Kernels

COMPUTE = """
import hashlib, torch, torchvision
from stages.processor import Kernels
from stages.runtime import choose_kernels
if {late}:
    choose_kernels(Kernels(kernels="portable"))
torch.set_num_threads(1)
x = torch.arange(40 * 4 * 9 * 9).reshape(40, 4, 9, 9) % 1009 / 1009 - 0.5
y = torch.nn.functional.conv2d(x, x[:6, :, :3, :3])
z = x.flatten(1) @ x.flatten(1).T
print([hashlib.sha256(of.numpy().tobytes()).hexdigest() for of in (y, z, z.softmax(1))])
"""
pytestmark = pytest.mark.skipif(
    platform.machine() not in processor.X86, reason="other processors have their own kernels"
)


def settings(kernels: str) -> Kernels:
    return Evaluate.model_construct(**RUNTIME | {"kernels": kernels})


def start(*, late: bool, **more: str) -> "subprocess.Popen[str]":
    own = {name: text for name, text in os.environ.items() if name not in PORTABLE}
    command = [sys.executable, "-c", COMPUTE.format(late=late)]
    return subprocess.Popen(command, env=own | more, text=True, stdout=subprocess.PIPE)


def test_variables_that_are_set_after_torch_is_imported_do_what_those_before_do() -> None:
    foreign = {"MKL_CBWR": "AVX2", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    runs = start(late=False, **PORTABLE), start(late=True), start(late=True, **foreign)
    early, late, overridden = (run.communicate()[0] for run in runs)
    assert early.startswith("['")
    assert late == early
    assert overridden == early, "what the user has set does not change a portable result"


def test_portable_kernels_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PORTABLE:
        monkeypatch.delenv(name)
    runtime.choose_kernels(settings("portable"))
    assert PORTABLE.items() <= os.environ.items()


def test_native_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PORTABLE:
        monkeypatch.delenv(name)
    runtime.choose_kernels(settings("native"))
    assert not PORTABLE.keys() & os.environ.keys()


def test_what_was_computed_before_is_never_taken_for_portable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    with pytest.raises(UserError, match=r"kernels is portable, but .* with AVX512 .*=avx2"):
        runtime.choose_kernels(settings("portable"))


def test_a_processor_without_avx2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": False})
    with pytest.raises(UserError, match=r"takes a processor with AVX2, .*; set it to native"):
        runtime.choose_kernels(settings("portable"))


def test_another_architecture_takes_its_own_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.delenv("MKL_CBWR")
    runtime.choose_kernels(settings("portable"))
    assert "MKL_CBWR" not in os.environ
    assert processor.kernels("DEFAULT", PORTABLE) == "DEFAULT"


@pytest.mark.parametrize(
    ("capability", "environment", "name"),
    [
        ("AVX2", PORTABLE, "portable"),
        ("AVX2", {}, "AVX2"),
        ("AVX2", PORTABLE | {"MKL_CBWR": "AVX2"}, "AVX2"),
        ("AVX512", PORTABLE, "AVX512"),
    ],
)
def test_kernels_have_a_name(capability: str, environment: dict[str, str], name: str) -> None:
    assert processor.kernels(capability, environment) == name
