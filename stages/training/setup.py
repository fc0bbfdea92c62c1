"""Build a network that is ready to train, from the parameters."""

import os
from math import ceil
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stages import address
from stages.artifacts import classifier
from stages.artifacts.classifier import Card, Classifier
from stages.batches import Resident
from stages.errors import UserError
from stages.nets.interface import Interface
from stages.nets.layers import Normalize
from stages.nets.network import Network
from stages.scores import predict
from stages.training import losses, optimizer, pretrained, schedule
from stages.training.checkpoint import IRRELEVANT
from stages.training.ema import Average, MovingAverage
from stages.training.loop import Fit
from stages.training.losses import Loss
from stages.training.optimizer import NORMS, Optimizer
from stages.training.precision import arrange, compiled, refuse_narrow, scaler
from stages.training.pretrained import Pretrained
from stages.training.sampling import epoch_size
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.temperature import temperature, told

# Those whose size is a matter of parameters; the others have the size that was published.
FREE = {"mlp", "cnn", "resnet_small", "speednet"}
COPIES = 2  # of the weights, at the least: their gradients are as large
BYTES = 4  # a weight


def require_memory(card: Card) -> None:
    """Refuse a network that this machine cannot hold: the system may kill who asks for too much.

    Raises:
        UserError: its weights and their gradients take more than all memory.
    """
    if card.network.network not in FREE:
        return
    with torch.device("meta"), torch.random.fork_rng([]):  # shapes alone, and no random number
        network = classifier.build(card).network
    weights = sum(weight.numel() for weight in network.state_dict().values())
    needed, here = COPIES * BYTES * weights, estimate_memory()
    if needed > here:
        raise UserError(
            f"train.filters, train.hidden and preprocess.image_size make a network of {weights:,} "
            f"weights, which with their gradients take {needed / 1e9:,.0f} GB; this machine has "
            f"{here / 1e9:,.0f} GB; make them smaller"
        )


def estimate_memory() -> int:
    """Return the bytes of main memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


SEEN = 5000 * 32 * 32  # pixels that a network may look at before it learns: 5000 CIFAR images


class Assembly(Fit, Loss, Optimizer, Average, Pretrained, Network):
    """Parameters of what learns, and how."""


def describe(params: Assembly, interface: Interface) -> Card:
    """Return the card of a network that has not learned yet."""
    network = params.part(Network)
    elsewhere = {*Network.model_fields, *IRRELEVANT}
    training = params.model_dump(mode="json", exclude=elsewhere)
    training["weights"] = address.public(params.weights)  # the classifier goes to others
    return Card(network=network, interface=interface, temperature=1, training=training)


def assemble(params: Assembly, card: Card, data: Resident) -> Step:
    """Return a step whose learner is about to begin, on the device of the data.

    Raises:
        UserError: parameters, data and device do not go together.
    """
    device, interface = data.labels.device, card.interface
    torch.manual_seed(params.seed)
    require_memory(card)
    network = classifier.build(card).network
    _refuse_one(network, params)
    normalize = Normalize(interface.mean, interface.std)
    if callable(initialize := getattr(network, "initialize", None)):
        count = max(1, SEEN // (interface.height * interface.width))
        initialize(normalize(data.images[:count].cpu()))
    steps = params.epochs * ceil(epoch_size(len(data.labels), params) / params.images_a_step)
    for line in (*pretrained.load(network, params, card), *schedule.remarks(params, steps)):
        print(line)
    network.to(device)
    refuse_narrow(network, device)
    arrange(network, params)
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


def _refuse_one(network: nn.Module, params: Assembly) -> None:
    if params.batch_size == 1 and any(isinstance(layer, NORMS) for layer in network.modules()):
        raise UserError(
            "train.batch_size is 1, but the network has batch norm, which learns from the variance "
            "among images; set it to 2 or more"
        )


class Finished(NamedTuple):
    """What a training ends with."""

    classifier: Classifier
    logits: Float[Tensor, "n k"]  # of the held-out images


def finish(step: Step, card: Card, held_out: Resident) -> Finished:
    """Go back to the best epoch, and fit the temperature on the held-out images."""
    network = step.learner.network
    network.load_state_dict(step.learner.best)
    logits = predict(step.whole, held_out, step.params.batch_size)
    labels = held_out.labels.cpu()
    fitted = temperature(logits, labels)
    calibrated = {"temperature": fitted, "calibration": told(logits, labels, fitted)}
    return Finished(Classifier(card.model_copy(update=calibrated), network), logits)
