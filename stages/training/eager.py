"""Optimizers that do without torch's compiler."""

from inspect import unwrap
from typing import TypeVar, cast

import torch
from torch.optim import Optimizer

T = TypeVar("T", bound=Optimizer)
APART = ("add_param_group", "state_dict", "load_state_dict", "zero_grad")


def eager(kind: type[T]) -> type[T]:
    """Return the optimizer class without what it wraps its methods in, `torch.no_grad` apart.

    Those wrappers import the compiler, for 2 s, to tell it what it is not to compile, also where
    nothing is compiled. The arithmetic is the same. Optimizers are not compiled here at all.
    """
    methods = {name: unwrap(getattr(kind, name)) for name in APART}
    step = torch.no_grad()(unwrap(kind.step))
    return cast("type[T]", type(kind.__name__, (kind,), {**methods, "step": step}))
