"""What to say when the device has too little memory for a batch."""

from stages.errors import UserError, exhausted
from stages.training.losses import Targets
from stages.training.step import Images, Step
from stages.training.tally import Outcome


def attempt(step: Step, images: Images, targets: Targets) -> Outcome:
    """Go a step.

    Raises:
        UserError: memory has run out; the message names the batch size that fitted.
    """
    try:
        return step(images, targets)
    except (RuntimeError, MemoryError) as error:
        if not exhausted(error):
            raise
    # Not above, where the error still holds on to all that was in memory.
    raise advice(step, images, targets)


def advice(step: Step, images: Images, targets: Targets) -> UserError:
    """Return an error that names the batch size that fitted, found by trying ever smaller ones."""
    tried = step.params.batch_size
    size = min(tried, len(images))
    while (size := size // 2) and not _fits(step, images[:size], targets[:size]):
        pass
    step.forget()
    told = f"train.batch_size {tried} needs more memory than there is on {images.device}; "
    if not size:
        return UserError(
            f"{told}no smaller one fits; choose a smaller network or preprocess.image_size"
        )
    factor = -(-tried // size) * step.params.accumulate
    return UserError(
        f"{told}{size} fitted; with train.batch_size {size} and train.accumulate {factor}, a step "
        "sees as many images"
    )


def _fits(step: Step, images: Images, targets: Targets) -> bool:
    step.forget()
    try:
        step.backward(images, targets, 1.0)
    except ValueError:  # of batch norm, which finds no variance in one image
        return False
    except (RuntimeError, MemoryError) as error:
        if not exhausted(error):
            raise
        return False
    return True
