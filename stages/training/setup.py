"""Build a step that is ready to train, from the parameters and the data."""

from math import ceil
from typing import NamedTuple

import torch
from torch import nn

from reprise.capacity import main_memory
from stages import address
from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.artifacts.splits import Split
from stages.batches import Resident, gather, to_device
from stages.errors import UserError
from stages.nets.interface import Interface
from stages.nets.layers import Normalize
from stages.nets.network import Network
from stages.training import layer_decay, losses, optimizer, pretrained, schedule
from stages.training.checkpoint import IRRELEVANT
from stages.training.early_stopping import EarlyStopping
from stages.training.ema import Ema, MovingAverage
from stages.training.loop import Loop
from stages.training.losses import Loss
from stages.training.optimizer import NORMS, Optimizer
from stages.training.precision import arrange, compiled, refuse_narrow, scaler
from stages.training.pretrained import Pretrained
from stages.training.recomputation import (
    Recomputation,
    checkpoint_activations,
    checkpoint_blocks,
)
from stages.training.sampling import epoch_size, limited
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.tensorboard.log import Board
from stages.training.tracking.tracker import Tracking
from stages.world import World

INITIAL_PIXELS = 5000 * 32 * 32  # that `initialize` may look at: 5000 images of CIFAR
FIXED_SIZE = {"lenet", "torchvision", "timm", "custom"}  # networks whose size no parameter decides
COPIES = 2  # of the weights, at the least: their gradients are as large
BYTES = 4  # a weight


class Training(
    Loop, Loss, Optimizer, Ema, Pretrained, Network, EarlyStopping, Recomputation, Board, Tracking
):
    """Parameters of the network and its training; their order is that in the classifier."""


class Ready(NamedTuple):
    """All that a training needs, on its device."""

    step: Step
    card: Card  # of the network, not yet calibrated
    train: Resident
    val: Resident


def start(
    params: Training, interface: Interface, parts: tuple[Split, Split], world: World
) -> Ready:
    """Move train and val to the device, and build a step that the processes of a world share.

    Raises:
        UserError: parameters, data and device do not go together.
    """
    if world.size > params.accumulate:
        raise UserError(
            f"there are {world.size} processes on all machines, but a step has train.accumulate "
            f"{params.accumulate} batches to share; start fewer, or raise it, which changes the "
            "result"
        )
    data, val = (to_device(part, world.device) for part in parts)
    card = initial_card(params, interface)
    step = build_step(params, card, data)
    step.join(world)
    return Ready(step, card, data, limited(val, params))


def initial_card(params: Training, interface: Interface) -> Card:
    """Return the card of a network that is not trained yet.

    Raises:
        UserError: mean and std are left to the weights, which have none.
    """
    network = params.part(Network)
    elsewhere = {*Network.model_fields, *IRRELEVANT}
    training = params.model_dump(mode="json", exclude=elsewhere)
    training["weights"] = address.public(params.weights)  # the classifier goes to others
    card = Card(network=network, interface=interface, temperature=1, training=training)
    return pretrained.normalized(card, params)


def build_step(params: Training, card: Card, data: Resident) -> Step:
    """Return a step of a learner that is about to begin, on the device of the data.

    Raises:
        UserError: parameters, data and device do not go together.
    """
    device, interface = data.labels.device, card.interface
    normalize = Normalize(interface.mean, interface.std)
    network = _build_network(params, card, normalize, data)
    learner = Learner(
        network=network,
        classes=len(interface.classes),
        optimizers=optimizer.build(network, params),
        scaler=scaler(params, device),
        average=MovingAverage(network, params),
    )
    whole = nn.Sequential(normalize, compiled(network, params, device)).to(device)
    counts = torch.bincount(data.labels, minlength=learner.classes)
    return Step(learner, whole, losses.build(params, counts), params)


def require_memory(card: Card) -> None:
    """Refuse a network beyond the memory of this machine, as the system may kill the process.

    Raises:
        UserError: its weights and their gradients take more than all memory.
    """
    if card.network.network in FIXED_SIZE:
        return
    with torch.device("meta"), torch.random.fork_rng([]):  # shapes alone, and no random number
        network = classifier.build(card).network
    weights = sum(weight.numel() for weight in network.state_dict().values())
    needed, here = COPIES * BYTES * weights, main_memory()
    if needed > here:
        raise UserError(
            f"train.filters, train.hidden and preprocess.image_size make a network of {weights:,} "
            f"weights, which with their gradients take {needed / 1e9:,.0f} GB; this machine has "
            f"{here / 1e9:,.0f} GB; make them smaller"
        )


def _build_network(params: Training, card: Card, normalize: Normalize, data: Resident) -> nn.Module:
    """Build the network from seed or pretrained weights, on the device of the data."""
    torch.manual_seed(params.seed)
    require_memory(card)
    network = classifier.build(card).network
    _refuse_single_images(network, params)
    if callable(initialize := getattr(network, "initialize", None)):
        count = max(1, INITIAL_PIXELS // (card.interface.height * card.interface.width))
        first = torch.arange(min(count, len(data.labels)), device=data.images.device)
        initialize(normalize(gather(data.images, first).cpu()))
    steps = params.epochs * ceil(epoch_size(len(data.labels), params) / params.images_a_step)
    for line in (
        *pretrained.load(network, params, card),
        *schedule.remarks(params, steps),
        *optimizer.remarks(params, params.weights, params.epochs),
        *layer_decay.remarks(network, params),
    ):
        print(line)
    network.to(data.labels.device)
    refuse_narrow(network, data.labels.device)
    arrange(network, params)
    if params.grad_checkpointing:
        _refuse_recomputation(params)
        if params.network == "timm":
            checkpoint_blocks(network, params.architecture)
        else:
            checkpoint_activations(network)
    return network


def _refuse_recomputation(params: Training) -> None:
    if params.compile or params.network == "custom":
        found = "compile is true" if params.compile else f"network is {params.network}"
        raise UserError(
            f"train.grad_checkpointing is true, but train.{found}: that running parts of it twice "
            "leaves the result as it is was not shown; set one of the two otherwise"
        )


def _refuse_single_images(network: nn.Module, params: Training) -> None:
    if params.batch_size == 1 and any(isinstance(layer, NORMS) for layer in network.modules()):
        raise UserError(
            "train.batch_size is 1, but the network has batch norm, which learns from the variance "
            "among images; set it to 2 or more"
        )
