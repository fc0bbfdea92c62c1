"""Compose the augmentations of a batch from the parameters."""

from collections.abc import Callable, Iterator

from jaxtyping import Int64
from torch import Tensor

from stages.training.augmentation.affine import Rotation, rotations
from stages.training.augmentation.auto_augment import AutoAugment, policies
from stages.training.augmentation.color import ColorJitter, jitters
from stages.training.augmentation.cropping import Cropping, Flipping, crops, flips
from stages.training.augmentation.draws import Draws, Pixels, Transform
from stages.training.augmentation.erasing import Erasing, erasures
from stages.training.augmentation.mixing import Mixing


class Augmentation(Mixing, Erasing, AutoAugment, ColorJitter, Rotation, Cropping, Flipping):
    """Parameters of all augmentations; those of the last parent are applied first."""


Augmenter = Callable[[Pixels, Int64[Tensor, " b"]], Pixels]
ORDER: tuple[Callable[[Augmentation, Draws], Iterator[Transform]], ...] = (
    flips,
    crops,
    rotations,
    jitters,
    policies,
    erasures,
)


def changes_images(params: Augmentation, draws: Draws) -> bool:
    """Tell whether any image is changed, by MixUp and CutMix perhaps.

    Raises:
        UserError: a parameter does not suit the images.
    """
    mixes = params.mixup or params.cutmix
    return bool(mixes) or any(True for family in ORDER for _ in family(params, draws))


def augmenter(params: Augmentation, draws: Draws) -> Augmenter:
    """Return the function of an epoch that draws for images, by their indices, and changes them.

    MixUp and CutMix follow it, by `mixing.mixer`.

    Raises:
        UserError: a parameter does not suit the images.
    """
    transforms = [transform for family in ORDER for transform in family(params, draws)]

    def augment(images: Pixels, indices: Int64[Tensor, " b"]) -> Pixels:
        if not transforms:
            return images
        located = draws.located(indices)
        for function, rows in transforms:
            images = function(images, draws.moved(rows(located)))
        return images

    return augment
