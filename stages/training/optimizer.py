"""Build the optimizers, and freeze layers."""

from collections.abc import Iterator
from inspect import unwrap
from typing import Annotated, Any, Literal, TypeVar, cast

import torch
from pydantic import Field, model_validator
from torch import nn, optim

from stages.errors import UserError
from stages.nets.introspection import head
from stages.params import Epochs, Params
from stages.training.group_optimizers import Rmsprop, Sgd
from stages.training.layer_decay import LayerDecay, rate_shares
from stages.training.muon import Muon

OptimizerT = TypeVar("OptimizerT", bound=optim.Optimizer)
WRAPPED = ("add_param_group", "state_dict", "load_state_dict", "zero_grad")  # methods
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
Rate = Annotated[float, Field(gt=0, le=1000)]
Kind = Literal["sgd", "adam", "adamw", "rmsprop", "muon"]


class Optimizer(LayerDecay):
    """Parameters of the optimizer; all others have the defaults of torch.optim."""

    optimizer: Kind = Field(description="muon: filters and hidden matrices; muon_rest has the rest")
    lr: Rate = Field(description="learning rate, at the peak of the schedule")
    head_lr: Rate | None = Field(description="learning rate of the last layer; null: as the others")
    momentum: float = Field(
        ge=0, lt=1, description="momentum of sgd, rmsprop and muon; others have betas"
    )
    nesterov: bool = Field(description="Nesterov's momentum (sgd, muon)")
    weight_decay: float = Field(
        ge=0,
        le=1000,
        description="weight decay: decoupled, times lr (adamw, muon); else an L2 gradient",
    )
    decay_norms: bool = Field(description="decay biases and norm layers too")
    muon_rest: Literal["sgd", "adamw"] = Field(
        description="optimizer of the rest (muon): the last layer, biases, norm layers"
    )
    rest_lr: Rate = Field(description="learning rate of muon_rest")
    rest_momentum: float = Field(ge=0, lt=1, description="momentum of muon_rest: sgd")
    muon_normalize: bool = Field(
        description="keep the norm of muon's filters fixed; for networks with norm layers"
    )
    fused: bool = Field(
        description="one kernel for all weights where torch has one, else foreach; on a CPU always"
    )

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "Optimizer":
        if self.nesterov and self.optimizer not in {"sgd", "muon"}:
            raise ValueError(
                f"nesterov is true, but optimizer is {self.optimizer}, which has no such thing; "
                "set nesterov to false, or optimizer to sgd or muon"
            )
        if self.nesterov and not self.momentum:
            raise ValueError(
                "nesterov is true, but momentum is 0; set nesterov to false, or momentum above 0"
            )
        return self


class Freezing(Params):
    """Parameters of freezing."""

    freeze: Literal["none", "backbone"] | Epochs = Field(
        description="freeze all layers but the head: never, always, or for so many epochs"
    )


def build(network: nn.Module, params: Optimizer) -> list[optim.Optimizer]:
    """Return the optimizers of the weights, on the device where they are; muon comes with another.

    Weights that do not require gradients now are never updated. A group keeps its learning rate as
    `initial_lr`, for the schedule, and what it were without `layer_decay` as `undecayed_lr`.

    Raises:
        UserError: the network has no weights for the optimizer; change one of the two.
    """
    groups = _groups(network, params)
    if params.optimizer not in groups:
        raise UserError(
            f"train.optimizer is {params.optimizer}, but the network has no weights for it (muon "
            "takes filters and matrices before the last layer); change train.optimizer or "
            "train.network"
        )
    # Muon first: the first learning rate is train.lr.
    return [_build(kind, groups[kind], params) for kind in sorted(groups, key="muon".__ne__)]


def is_frozen(params: Freezing, epoch: int) -> bool:
    """Tell whether all layers but the head are frozen in an epoch, from 0."""
    until = {"none": 0, "backbone": epoch + 1}.get(str(params.freeze), params.freeze)
    return epoch < int(until)


def remarks(params: Freezing, weights: str, epochs: int) -> Iterator[str]:
    """Yield a line where layers stay frozen that the user may think learn, or know something."""
    if params.freeze == "none":
        return
    if weights == "none":
        yield (
            f"train.freeze is {params.freeze}, but train.weights is none: what is frozen stays "
            "random"
        )
    if params.freeze != "backbone" and is_frozen(params, epochs - 1):
        yield (
            f"train.freeze is {params.freeze}, and train.epochs {epochs}: the head alone learns in "
            "all of them"
        )


def freeze(network: nn.Module, params: Freezing, epoch: int) -> None:
    """Freeze or unfreeze all layers but the head in an epoch, from 0; call it after `train()`.

    Frozen batch norms use their running statistics, and keep them. A tensor that is never trained
    is a buffer, which nothing here unfreezes.
    """
    frozen, last = is_frozen(params, epoch), head(network)
    for layer in network.modules():
        if layer is not last:
            for weight in layer.parameters(recurse=False):
                weight.requires_grad_(not frozen)
            if frozen and isinstance(layer, NORMS):
                layer.eval()


def _groups(network: nn.Module, params: Optimizer) -> dict[str, list[dict[str, Any]]]:
    """Group the weights by optimizer, learning rate and weight decay."""
    last, kinds = set(head(network).parameters()), dict[str, dict[Any, dict[str, Any]]]()
    shares = rate_shares(network, params)
    for weight in network.parameters():
        if weight.requires_grad:
            kind, full = _kind(weight, params, is_last=weight in last)
            has_own = weight in last and params.head_lr is not None
            lr = full if has_own else full * shares[weight]
            decay = params.weight_decay if params.decay_norms or weight.ndim > 1 else 0.0
            rates = {"lr": lr, "initial_lr": lr, "undecayed_lr": full, "weight_decay": decay}
            groups = kinds.setdefault(kind, {})
            groups.setdefault((*rates.values(),), {"params": [], **rates})["params"].append(weight)
    return {kind: list(groups.values()) for kind, groups in kinds.items()}


def _kind(weight: nn.Parameter, params: Optimizer, *, is_last: bool) -> tuple[str, float]:
    """Return the optimizer and the learning rate of a weight."""
    kind, lr = params.optimizer, params.lr
    # 3 dimensions are those of tokens, positions and scales, which are no maps.
    if kind == "muon" and (is_last or weight.ndim not in {2, 4}):
        kind, lr = params.muon_rest, params.rest_lr
    return kind, params.head_lr if is_last and params.head_lr else lr


def _build(kind: str, groups: list[dict[str, Any]], params: Optimizer) -> optim.Optimizer:
    momentum = params.momentum
    # Adam's other kernels take torch's square root, which on a CPU depends on the processor.
    fused = params.fused or groups[0]["params"][0].device.type == "cpu"
    match kind:
        case "muon":
            normalize = params.muon_normalize
            return eager(Muon)(groups, momentum, nesterov=params.nesterov, normalize=normalize)
        case "sgd":
            return _sgd(groups, params, fused=fused)
        case "rmsprop":
            return eager(Rmsprop)(groups, momentum)
        case "adam":
            return eager(optim.Adam)(groups, fused=fused, foreach=not fused)
        case _:
            return eager(optim.AdamW)(groups, fused=fused, foreach=not fused)


def _sgd(groups: list[dict[str, Any]], params: Optimizer, *, fused: bool) -> optim.SGD:
    momentum = params.momentum if params.optimizer == "sgd" else params.rest_momentum
    weights = [weight for group in groups for weight in group["params"]]
    alike = {(weight.device.type, weight.dtype) for weight in weights} == {("cpu", torch.float32)}
    sgd = eager(Sgd if alike else optim.SGD)(
        groups,
        momentum=momentum,
        nesterov=params.nesterov and momentum > 0,
        fused=fused,
        foreach=not fused,
    )
    # The fused kernel fails where a weight's first gradient comes later, as when it thaws.
    for weight in weights if momentum else []:
        sgd.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
    return sgd


def eager(kind: type[OptimizerT]) -> type[OptimizerT]:
    """Return the optimizer class without what it wraps its methods in, `torch.no_grad` apart.

    Those wrappers import the compiler, for 2 s, to tell it what it is not to compile, also where
    nothing is compiled. The arithmetic is the same. Optimizers are not compiled here at all.
    """
    methods = {name: unwrap(getattr(kind, name)) for name in WRAPPED}
    step = torch.no_grad()(unwrap(kind.step))
    return cast("type[OptimizerT]", type(kind.__name__, (kind,), {**methods, "step": step}))
