"""Run one optimisation step: forward, loss, backward, update."""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from stages import runtime
from stages.batches import Resident
from stages.errors import UserError, exhausted
from stages.params import BatchSize
from stages.scores import Scores, score
from stages.training.accumulation import Accumulation, Images, Work
from stages.training.losses import Criterion, Targets
from stages.training.precision import Precision, autocast
from stages.training.state import Learner, Outcome
from stages.world import World

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
        self.join(World(self._weights[0].device))

    def join(self, world: World) -> None:
        """Share the batches of each step, and validation, with other processes."""
        self.world = world
        self._accumulation = Accumulation(self.whole, world, self.params.accumulate)

    def __call__(self, work: Work) -> Outcome:
        """Run one step: update the weights by the gradient of the mean loss over its images.

        Raises:
            UserError: memory has run out; the message names the batch size that fitted.
        """
        try:
            outcome = self._gradient(work)
            self._update()
        except (RuntimeError, MemoryError) as error:
            if not exhausted(error):
                raise
        else:
            return outcome
        # Not above, where the error still holds on to all that was in memory.
        raise self._out_of_memory(*self._latest)

    def try_batch(self, images: Images, targets: Targets) -> None:
        """Compute a gradient, and drop it, to measure its time."""

        def compute() -> None:
            self.backward(images, targets, 1.0).loss.item()  # which waits for a GPU

        self._accumulation.try_batch(compute)

    def try_exchange(self) -> None:
        """Exchange as much as in a step, to measure its time."""
        self._accumulation.try_exchange()

    def validate(self, val: Resident) -> Scores:
        """Score the weights on val: their average, where one is kept."""
        size = VALIDATION_FACTOR * self.params.batch_size
        with self.learner.average.applied(), autocast(self.params, val.labels.device):
            return score(self.whole, val, size, self.world)

    def backward(self, images: Images, targets: Targets, share: float) -> Outcome:
        """Accumulate `share` times the gradient of the mean loss."""
        self._latest = images, targets
        with autocast(self.params, images.device):
            logits = self.whole(images)
        logits = logits.float()
        loss = self.loss(logits, targets)
        self.learner.scaler.scale(loss if share == 1 else loss * share).backward()
        labels = targets if targets.ndim == 1 else targets.argmax(1)
        return Outcome(loss.detach(), logits.argmax(1) == labels, len(images))

    def zero_grad(self) -> None:
        """Drop the gradients, as Optimizer.zero_grad does, at a tenth of its cost."""
        for weight in self._weights:
            weight.grad = None

    def _gradient(self, work: Work) -> Outcome:
        """Compute the gradient of a step."""
        if not work.step_batches == self.params.accumulate == 1:
            return self._accumulation.gradient(work, self.backward)
        ((images, targets),) = work.batches
        runtime.seed(images.device, work.seed)
        return self.backward(images, targets, 1.0)

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


def whole_step(images: Images, targets: Targets, params: Stepping, seed: int = 0) -> Work:
    """Return the work of a step whose images are at hand, for one process alone."""
    size = params.batch_size
    parts = zip(torch.split(images, size), torch.split(targets, size), strict=True)
    return Work(parts, 0, -(-len(images) // size), len(images), seed)
