"""What training computes on a CPU takes no function that a processor estimates."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from learning import begun, settings, updates
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from toys import INTERFACE, NETWORK

from stages.nets import network
from stages.training.temperature import fit_temperature

# MKL's vector maths takes RSQRTPS or RCPPS for these; of fp64 for the logarithm, too.
ROOTS = {"sqrt", "_foreach_sqrt"}
ESTIMATED = {"tan", "acos", "asin", "atan", "log2", "log10"}
IMAGES = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32))) / 255
LABELS = torch.tensor([0, 1, 0, 1])


class Exact(TorchDispatchMode):
    """Record the calls whose results depend on the processor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: set[str] = set()

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        name = func.overloadpacket.__name__.rstrip("_")
        if name in ROOTS | ESTIMATED or _is_root(name, args) or _is_double(name, args):
            self.found.add(str(func))
        return func(*args, **(kwargs or {}))


def _is_root(name: str, args: tuple[Any, ...]) -> bool:
    return name == "pow" and isinstance(args[1], float) and args[1] == 0.5


def _is_double(name: str, args: tuple[Any, ...]) -> bool:
    return name == "log" and args[0].dtype == torch.float64


@pytest.fixture
def calls() -> Iterator[set[str]]:
    with Exact() as mode:
        yield mode.found


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "lr": 0.05, "clip_norm": 1.0, "ema": 0.9},
        {"optimizer": "adam", "fused": False, "loss": "focal", "focal_gamma": 0.5},
        {"optimizer": "adamw", "fused": False, "loss": "focal", "focal_gamma": 1.5},
        {"optimizer": "rmsprop", "label_smoothing": 0.1, "class_weights": "balanced"},
        {"optimizer": "muon", "muon_rest": "adamw", "muon_normalize": True, "mixup": 0.2},
        {"optimizer": "muon", "muon_rest": "sgd", "cutmix": 1.0},
        {"flip": "random", "resized_crop": 0.5, "rotation": 10, "erasing": 0.5},
        {"brightness": 0.2, "contrast": 0.2},
    ],
)
def test_a_training_is_exact(changes: dict[str, Any], calls: set[str]) -> None:
    params = settings(epochs=1, **changes)
    updates(begun(params), params)
    assert not calls


@pytest.mark.parametrize(
    "changes",
    [
        *({"network": "mlp", "activation": name} for name in ("gelu", "silu", "elu", "tanh")),
        *({"network": "cnn", "norm": name} for name in ("none", "batch", "group")),
        *({"network": name} for name in ("lenet", "resnet_small", "speednet", "custom")),
        *({"network": "torchvision", "architecture": "squeezenet1_1"},),
        *(
            {"network": "timm", "architecture": name, "drop_path": 0.1}
            for name in ("resnet10t", "convnext_atto", "vit_tiny_patch16_224")
        ),
    ],
)
def test_a_network_is_exact(changes: dict[str, Any], calls: set[str]) -> None:
    interface = INTERFACE.model_copy(
        update={"height": 32, "width": 32, "channels": 3, "mean": (0.5,) * 3, "std": (0.5,) * 3}
    )
    made = network.build(NETWORK.model_copy(update={"filters": (8, 8), **changes}), interface)
    if callable(initialize := getattr(made, "initialize", None)):
        initialize(IMAGES)
    torch.nn.functional.cross_entropy(made(IMAGES), LABELS).backward()
    assert not calls


def test_the_temperature_is_exact(calls: set[str]) -> None:
    fit_temperature(torch.randn(40, 2), torch.arange(40) % 2)
    assert not calls


@pytest.mark.parametrize(
    "function",
    [torch.sqrt, torch.tan, lambda x: x**0.5, lambda x: x.double().log()],
)
def test_what_is_not_exact_is_found(function: Callable[[Any], Any], calls: set[str]) -> None:
    function(torch.ones(2))
    assert calls


def test_a_root_of_1_5_in_the_backward_pass_is_found(calls: set[str]) -> None:
    x = torch.ones(2, requires_grad=True)
    (x**1.5).sum().backward()
    assert calls


def test_a_root_by_rsqrt_is_one() -> None:
    x = torch.tensor([0.0, 1e-38, 0.25, 2.0, 3e38, math.inf, -1.0])
    torch.testing.assert_close(x.rsqrt().reciprocal(), x.sqrt(), equal_nan=True)
