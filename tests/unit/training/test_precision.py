import platform
from typing import get_args

import pytest
import torch
from learning import settings
from torch import nn
from torchvision import models
from toys import INTERFACE, NETWORK

from stages import processor
from stages.errors import UserError
from stages.nets import network
from stages.training.precision import (
    INSTRUCTIONS,
    Precision,
    arrange,
    autocast,
    compiled,
    refuse_narrow,
    remarks,
    scaler,
)

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def params(**changes: object) -> Precision:
    return settings(**changes).part(Precision)


@pytest.mark.parametrize(
    ("precision", "kind"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_activations_have_the_precision_and_weights_32_bits(
    precision: str, kind: torch.dtype
) -> None:
    layer = nn.Linear(3, 2)
    with autocast(params(precision=precision), CPU):
        logits = layer(torch.ones(1, 3))
    assert logits.dtype == kind
    logits.sum().backward()
    assert layer.weight.dtype == torch.float32
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


def test_every_precision_is_known() -> None:
    for precision in get_args(Precision.model_fields["precision"].annotation):
        autocast(params(precision=precision), CPU)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_the_loss_is_scaled_in_fp16_alone(precision: str) -> None:
    scaled = scaler(params(precision=precision), CPU).scale(torch.tensor(1.0))
    assert (scaled.item() > 1) is (precision == "fp16")


@pytest.mark.parametrize("name", ["cnn", "mlp", "lenet", "resnet_small", "speednet"])
def test_the_layout_changes_logits_by_rounding_alone(name: str) -> None:
    shape = INTERFACE.model_copy(update={"height": 32, "width": 32, "channels": 3})
    images = torch.randn(4, 32, 32, 3).permute(0, 3, 1, 2)  # as Normalize gives them
    logits = []
    for channels_last in (False, True):
        torch.manual_seed(0)
        made = network.build(NETWORK.model_copy(update={"network": name}), shape)
        arrange(made, params(channels_last=channels_last))
        logits.append(made(images))
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("channels_last", [False, True])
def test_images_and_filters_have_the_layout(*, channels_last: bool) -> None:
    seen = list[torch.Tensor]()

    class Seeing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 4, 3)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.extend((images, self.layer.weight))
            return images

    made = Seeing()
    arrange(made, params(channels_last=channels_last))
    made(torch.zeros(2, 5, 6, 3).permute(0, 3, 1, 2))
    kind = torch.channels_last if channels_last else torch.contiguous_format
    assert [one.is_contiguous(memory_format=kind) for one in seen] == [True, True]


def test_a_network_is_compiled_on_a_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", nn.Sequential)
    layer = nn.Linear(3, 2)
    assert compiled(layer, params(compile=False), CUDA) is layer
    assert compiled(layer, params(compile=False), CPU) is layer
    made = compiled(layer, params(compile=True), CUDA)
    assert isinstance(made, nn.Sequential)
    assert made[0] is layer


@pytest.mark.parametrize("kind", ["cpu", "mps"])
def test_compiling_without_a_gpu_is_refused(kind: str) -> None:
    message = rf"^train\.compile is true, but training runs on {kind}, .*; set it to false$"
    with pytest.raises(UserError, match=message):
        compiled(nn.ReLU(), params(compile=True), torch.device(kind))


@pytest.mark.parametrize(
    ("key", "value"), [("precision", "fp64"), ("channels_last", 1), ("compile", "yes")]
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        params(**{key: value})


@pytest.mark.parametrize("filters", [(2, 1), (1, 4), (7, 8), (8, 7, 8), (3, 3, 16)])
def test_layers_at_which_torch_crashes_are_refused(filters: tuple[int, ...]) -> None:
    made = network.build(
        NETWORK.model_copy(update={"network": "resnet_small", "filters": filters}), INTERFACE
    )
    message = r"^layer body\.\d\.shortcut\.0 .* stride over \d channels.*; make all but the last"
    with pytest.raises(UserError, match=message):
        refuse_narrow(made, CPU)
    refuse_narrow(made, torch.device("cuda"))


@pytest.mark.parametrize("filters", [(2,), (1, 1), (8, 16), (8, 1), (9, 7)])
def test_layers_at_which_it_does_not_are_let_through(filters: tuple[int, ...]) -> None:
    made = network.build(
        NETWORK.model_copy(update={"network": "resnet_small", "filters": filters}), INTERFACE
    )
    refuse_narrow(made, CPU)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small", "densenet121"])
def test_architectures_of_torchvision_have_no_such_layer(name: str) -> None:
    with torch.device("meta"):
        made = models.get_model(name, weights=None)
    refuse_narrow(made, CPU)


def told(monkeypatch: pytest.MonkeyPatch, precision: str, has: str, kernels: str) -> list[str]:
    """Return what is said on a processor that has some instructions."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {has: True, "avx2": True})
    monkeypatch.setattr(processor, "kernels", lambda _: kernels)
    monkeypatch.setattr(processor, "model", lambda: "A processor")
    return [*remarks(params(precision=precision), CPU)]


X86 = pytest.mark.skipif(platform.machine() not in processor.X86, reason="of x86 alone")


@X86
@pytest.mark.parametrize("kernels", ["portable", "AVX2", "AVX512"])
@pytest.mark.parametrize(
    ("precision", "has", "lacks"),
    [
        ("bf16", "avx512_f", "avx512_bf16 or amx_bf16"),
        ("bf16", "avx512_fp16", "avx512_bf16 or amx_bf16"),
        ("fp16", "amx_bf16", "avx512_fp16 or amx_fp16"),
    ],
)
def test_a_precision_without_instructions_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, precision: str, has: str, lacks: str, kernels: str
) -> None:
    (line,) = told(monkeypatch, precision, has, kernels)
    assert line == (
        f"train.precision is {precision}, for which A processor has no instructions ({lacks}): "
        "PyTorch emulates it, which can be many times slower than fp32; "
        "train.precision: fp32 is faster here"
    )


@X86
@pytest.mark.parametrize(
    ("precision", "has"),
    [
        ("bf16", "avx512_bf16"),
        ("bf16", "amx_bf16"),
        ("fp16", "avx512_fp16"),
        ("fp16", "amx_fp16"),
    ],
)
def test_instructions_that_portable_kernels_leave_unused_are_told(
    monkeypatch: pytest.MonkeyPatch, precision: str, has: str
) -> None:
    (line,) = told(monkeypatch, precision, has, "portable")
    assert line.startswith(f"train.precision is {precision}, but train.kernels: portable leaves ")
    assert line.endswith("; set train.kernels to native, or train.precision to fp32")
    assert not told(monkeypatch, precision, has, "AVX512")


def test_of_fp32_a_gpu_and_other_processors_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not told(monkeypatch, "fp32", "none", "portable")
    assert not [*remarks(params(precision="bf16"), CUDA)]
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert not [*remarks(params(precision="bf16"), CPU)]


def test_what_torch_calls_the_instructions_is_known() -> None:
    if platform.machine() in processor.X86:
        names = {name for several in INSTRUCTIONS.values() for name in several}
        assert names <= torch.cpu.get_capabilities().keys()
