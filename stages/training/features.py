"""Keep the features of a frozen backbone: it runs once, and the head learns from what it gave.

With all layers but the head frozen, and images that no augmentation changes, each epoch would
compute the same again. Features are computed in batches of a fixed size in the order of the split,
so that they are the same bits whenever they are computed, by however many processes.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from reprise.capacity import free_memory
from stages import runtime
from stages.backbone import Backbone, features_before
from stages.batches import Resident, gather, placed
from stages.errors import UserError
from stages.nets.introspection import head
from stages.progress import Progress
from stages.scores import predict
from stages.training.augmentation.augmenter import changes_images
from stages.training.augmentation.draws import Draws
from stages.training.loop import Loop
from stages.training.optimizer import freeze, is_frozen
from stages.training.precision import autocast
from stages.training.step import VALIDATION_FACTOR, Step

DROPPING = "Dropout", "DropPath", "StochasticDepth"  # layers of torch, timm and torchvision
RATES = "p", "drop_prob"  # their attributes with the share that they drop
TRIALS = 2  # of the first images, as in training: what changes them at random would show
COPIES = 2  # of the features, while their batches are joined


class Lesson(NamedTuple):
    """An optimisation step, and its data: images, or the features of images."""

    step: Step
    train: Resident
    val: Resident


def keep(lesson: Lesson, params: Loop) -> Lesson | None:
    """Return the layers behind the frozen backbone, and the features that they learn from.

    None where the backbone learns, or may give something else for the same image the next time.

    Raises:
        UserError: main memory has no room for the features.
    """
    step, train, val = lesson
    if not is_frozen(params, len(step.learner.history)) or not _images_stay(train, params):
        return None
    layers = _learning(lesson)
    with features_before(step.whole, layers[0]) as backbone:
        if not _is_constant(backbone, layers, lesson, params):
            return None
        count = len(train.labels) + len(val.labels)
        with Progress("features", count, "images", shown=step.world.writes) as bar:
            backbone.register_forward_hook(lambda _, images, __: bar.advance(len(images[0])))
            made = [_features(backbone, data, step) for data in (train, val)]
    behind = Step(step.learner, layers, step.loss, step.params)
    behind.join(step.world)
    return Lesson(behind, *made)


def _images_stay(data: Resident, params: Loop) -> bool:
    """Tell whether every image is trained on in every epoch, and as it is."""
    limited = params.limit_batches or params.overfit_batches  # a dry run, over before this pays
    draws = Draws(params.seed, 0, (*data.images.shape,), data.labels.device)
    return not (limited or params.compile or changes_images(params, draws))


def _learning(lesson: Lesson) -> nn.Sequential:
    """Return the layers that run from the head on, or from the first that drops at random."""
    network, called = lesson.step.learner.network, list[nn.Module]()
    leaves = [layer for layer in network.modules() if not [*layer.children()]]
    handles = [leaf.register_forward_pre_hook(lambda one, _: called.append(one)) for leaf in leaves]
    with torch.no_grad():
        lesson.step.whole.eval()(_first(lesson.train, 1))
    for handle in handles:
        handle.remove()
    last = head(network)
    first = next(place for place, one in enumerate(called) if one is last or _drops(one))
    return nn.Sequential(*called[first:])


def _drops(layer: nn.Module) -> bool:
    """Tell whether a layer drops features, or branches, at random."""
    return type(layer).__name__.startswith(DROPPING) and any(
        getattr(layer, one, 0) for one in RATES
    )


def _is_constant(backbone: Backbone, layers: nn.Sequential, lesson: Lesson, params: Loop) -> bool:
    """Tell whether images have the same features every time, of which layers make their logits.

    Raises:
        UserError: main memory has no room for the features.
    """
    learner, train, val = lesson.step.learner, lesson.train, lesson.val
    images = _first(train, params.batch_size)
    with torch.no_grad(), autocast(params, images.device):
        backbone.train()
        freeze(learner.network, params, len(learner.history))
        trained = [_tried(backbone, layers, images, seed) for seed in range(TRIALS)]
        backbone.eval()
        found = _tried(backbone, layers, images, TRIALS)
        if found is None:
            return False
        _require_memory(found, len(train.labels) + len(val.labels))
        return all(one is not None and torch.equal(one, found) for one in trained)


def _tried(backbone: Backbone, layers: nn.Module, images: Tensor, seed: int) -> Tensor | None:
    """Return the features of a batch, if layers make its logits of them.

    None where there is another operation between or behind them, such as a functional dropout in
    training, or a draw of a random number before them.
    """
    runtime.seed(images.device, seed)
    found = backbone(images)
    runtime.seed(images.device, seed)
    try:
        same = torch.equal(layers(found), backbone.logits)
    except (RuntimeError, TypeError):  # which is how layers refuse what was not for them
        return None
    return found if same else None


def _features(backbone: Backbone, data: Resident, step: Step) -> Resident:
    """Return the features of a split, on the device if they fit there."""
    size = VALIDATION_FACTOR * step.params.batch_size
    with autocast(step.params, data.labels.device):
        found = predict(backbone, data, size, step.world)
    return placed(found, data.labels)


def _first(data: Resident, count: int) -> Tensor:
    """Return the first images of a split, on the device."""
    indices = torch.arange(min(len(data.labels), count), device=data.images.device)
    return gather(data.images, indices).to(data.labels.device)


def _require_memory(found: Tensor, images: int) -> None:
    """Refuse more features than fit in main memory; those of a batch are given.

    Raises:
        UserError: they do not fit.
    """
    needed, free = COPIES * images * found[0].nbytes, free_memory()
    if needed > free:
        raise UserError(
            f"train.freeze: the features of {images:,} images, which are kept, take "
            f"{needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free; train on a machine with "
            "more, or set train.flip to random, by which images differ and nothing is kept"
        )
