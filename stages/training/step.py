"""Run one optimisation step: forward, loss, backward, update."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from stages.batches import Resident
from stages.errors import UserError, exhausted
from stages.params import BatchSize
from stages.scores import Scores, score
from stages.training.losses import Criterion, Targets
from stages.training.precision import Precision, autocast
from stages.training.state import Learner, Outcome

Images: TypeAlias = UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]  # in [0, 255]
VALIDATION_FACTOR = 4  # times as many images fit where no activations are kept for a backward pass


class Stepping(Precision):
    """Parameters of a step."""

    batch_size: BatchSize = Field(description="images that go through the network at once")
    accumulate: int = Field(ge=1, le=10_000, description="batches a step, whose gradients add up")
    clip_norm: Annotated[float, Field(gt=0, le=1e9)] | None = Field(
        description="largest norm of the gradient over all weights; null: no clipping"
    )

    @property
    def images_a_step(self) -> int:
        """Return how many images a step takes."""
        return self.batch_size * self.accumulate


class Step:
    """Optimisation steps of a learner, and their validation."""

    def __init__(
        self, learner: Learner, whole: nn.Module, loss: Criterion, params: Stepping
    ) -> None:
        """Take the learner's network once more as `whole`, which maps pixels to logits."""
        self.learner, self.whole, self.loss, self.params = learner, whole, loss, params
        self._weights = list(whole.parameters())

    def __call__(self, images: Images, targets: Targets) -> Outcome:
        """Run one step: update the weights by the gradient of the mean loss over these images.

        Raises:
            UserError: memory has run out; the message names the batch size that fitted.
        """
        try:
            return self._run(images, targets)
        except (RuntimeError, MemoryError) as error:
            if not exhausted(error):
                raise
        # Not above, where the error still holds on to all that was in memory.
        raise self._out_of_memory(images, targets)

    def validate(self, val: Resident) -> Scores:
        """Score the weights on val: their average, where one is kept."""
        size = VALIDATION_FACTOR * self.params.batch_size
        with self.learner.average.applied(), autocast(self.params, val.labels.device):
            return score(self.whole, val, size)

    def backward(self, images: Images, targets: Targets, share: float) -> Outcome:
        """Accumulate `share` times the gradient of the mean loss."""
        with autocast(self.params, images.device):
            logits = self.whole(images)
        logits = logits.float()
        loss = self.loss(logits, targets)
        self.learner.scaler.scale(loss if share == 1 else loss * share).backward()
        labels = targets if targets.ndim == 1 else targets.argmax(1)
        right = (logits.argmax(1) == labels).sum()
        return Outcome(loss.detach(), right, len(images))

    def zero_grad(self) -> None:
        """Drop the gradients, as Optimizer.zero_grad does, at a tenth of its cost."""
        for weight in self._weights:
            weight.grad = None

    def _run(self, images: Images, targets: Targets) -> Outcome:
        size = self.params.batch_size
        if len(images) <= size:  # the common case, without the cost of splitting
            outcome = self.backward(images, targets, 1.0)
        else:
            pairs = zip(torch.split(images, size), torch.split(targets, size), strict=True)
            parts = [self.backward(*pair, len(pair[0]) / len(images)) for pair in pairs]
            outcome = _joined(parts)
        self._update()
        return outcome

    def _update(self) -> None:
        """Update the weights by their gradients, then the average; drop the gradients."""
        learner = self.learner
        # The scaler cannot go without gradients, as where all that an optimizer has is frozen.
        active = [one for one in learner.optimizers if _has_gradients(one)]
        if self.params.clip_norm is not None:
            for optimizer in active:
                learner.scaler.unscale_(optimizer)
            clip_grad_norm_(self._weights, self.params.clip_norm)
        for optimizer in active:
            learner.scaler.step(optimizer)
        learner.scaler.update()
        self.zero_grad()
        learner.average.update()

    def _out_of_memory(self, images: Images, targets: Targets) -> UserError:
        """Try ever smaller batches; return an error that names the size that fitted."""
        tried = self.params.batch_size
        size = min(tried, len(images))
        while (size := size // 2) and not self._fits(images[:size], targets[:size]):
            pass
        self.zero_grad()
        problem = f"train.batch_size {tried} needs more memory than there is on {images.device}; "
        if not size:
            return UserError(
                f"{problem}no smaller one fits; choose a smaller network or preprocess.image_size"
            )
        factor = -(-tried // size) * self.params.accumulate
        return UserError(
            f"{problem}{size} fitted; with train.batch_size {size} and train.accumulate {factor}, "
            "a step sees as many images"
        )

    def _fits(self, images: Images, targets: Targets) -> bool:
        """Tell whether memory suffices for the forward and backward pass of these images."""
        self.zero_grad()
        try:
            self.backward(images, targets, 1.0)
        except ValueError:  # of batch norm, which finds no variance in one image
            return False
        except (RuntimeError, MemoryError) as error:
            if not exhausted(error):
                raise
            return False
        return True


def _has_gradients(optimizer: Optimizer) -> bool:
    groups = optimizer.param_groups
    return any(weight.grad is not None for group in groups for weight in group["params"])


def _joined(parts: Sequence[Outcome]) -> Outcome:
    """Return the outcome of a step whose batches went through the network one by one."""
    losses = torch.stack([part.loss * part.images for part in parts])
    rights = torch.stack([part.right for part in parts])
    images = sum(part.images for part in parts)
    return Outcome(losses.sum() / images, rights.sum(), images)
