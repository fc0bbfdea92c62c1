"""Run a part of a network, and again in the backward pass, with the same bits.

Random numbers are drawn again, and the running statistics of batch norm are left alone. What would
not give the same, as a layer that overwrites what goes into the part, ends the training.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stages.errors import UserError
from stages.training.optimizer import NORMS


def recomputed(part: nn.Module, forward: Callable[..., Any], *inputs: Any) -> Any:  # noqa: ANN401
    """Return the outputs of a part; of what lies between, keep nothing.

    Raises:
        UserError: the second run would see other inputs or buffers than the first.
    """
    # Some write into the lists that they are given, whose makers go on with what was written.
    given, kept = [inputs], _copied(inputs)
    versions, held = list[int](), [*_tensors(inputs)]

    def run(held: list[Tensor]) -> Any:  # noqa: ANN401
        found, before = [tensor._version for tensor in held], _states(part)  # noqa: SLF001
        versions.extend(found if given else [])
        _require_same(part, found, versions)
        outputs = forward(*(given.pop() if given else _copied(kept)))
        _require_same(part, _states(part), before)
        return outputs

    contexts = partial(_contexts, part)
    # As one value: of several, torch compares the versions itself, and ends with another error.
    return checkpoint(run, held, use_reentrant=False, context_fn=contexts)


def _require_same(part: nn.Module, found: object, before: object) -> None:
    if found != before:
        raise UserError(
            f"train.grad_checkpointing is true, but a {type(part).__name__} of the network, or "
            "what lies behind it, overwrites what it needs to run again; set it to false, or "
            "choose another network"
        )


def _copied(values: Any) -> Any:  # noqa: ANN401
    """Return new lists and mappings, at any depth, of the same tensors."""
    match values:
        case dict():
            return {name: _copied(value) for name, value in values.items()}
        case list():
            return [_copied(value) for value in values]
        case tuple() if type(values) is tuple:
            return (*map(_copied, values),)
    return values


def _tensors(values: object) -> Iterator[Tensor]:
    """Yield the tensors among values, at any depth."""
    match values:
        case Tensor():
            yield values
        case dict():
            yield from _tensors([*values.values()])
        case list() | tuple():
            for value in values:
                yield from _tensors(value)


def _states(part: nn.Module) -> list[tuple[int, int]]:
    """Return what tells whether buffers were changed, but for those of batch norms."""
    layers = [layer for layer in part.modules() if not isinstance(layer, NORMS)]
    found = [buffer for layer in layers for buffer in layer.buffers(recurse=False)]
    return [(id(buffer), buffer._version) for buffer in found]  # noqa: SLF001


def _contexts(
    part: nn.Module,
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), _untracked(part)


@contextmanager
def _untracked(part: nn.Module) -> Iterator[None]:
    """Have batch norm update copies of its running statistics within the block."""
    norms = [one for one in part.modules() if isinstance(one, NORMS)]
    kept = [(norm, dict(norm.named_buffers(recurse=False))) for norm in norms]
    for norm, buffers in kept:
        for name, buffer in buffers.items():
            setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, buffers in kept:
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)
