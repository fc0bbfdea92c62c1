import pytest
import torch
from learning import DATA, begun, run_step, same, settings
from torch import Tensor, nn

from stages.errors import UserError
from stages.training.losses import Criterion, cross_entropy
from stages.training.step import Step

ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 1 bytes"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    MemoryError(),
]


def limited(most: int, error: Exception, **changes: object) -> Step:
    """Return a step whose memory holds so many images."""
    params = settings(**{"norm": "none", "batch_size": 16, **changes})
    step = begun(params)

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        if len(targets) > most:
            raise error
        return cross_entropy(logits, targets, params, None)

    step.loss = loss
    return step


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:10])
def test_the_message_names_the_size_that_fitted(error: Exception) -> None:
    step = limited(5, error)
    with pytest.raises(UserError) as found:
        run_step(step, DATA.images[:16], DATA.labels[:16])
    assert str(found.value) == (
        "train.batch_size 16 needs more memory than there is on cpu; 4 fitted; with "
        "train.batch_size 4 and train.accumulate 4, a step sees as many images"
    )


@pytest.mark.parametrize(
    ("most", "changes", "fitted"),
    [
        (5, {"accumulate": 2, "batch_size": 10}, "batch_size 5 and train.accumulate 4"),
        (3, {"accumulate": 2, "batch_size": 10}, "batch_size 2 and train.accumulate 10"),
        (1, {"batch_size": 11}, "batch_size 1 and train.accumulate 11"),
        (7, {"batch_size": 1000}, "batch_size 5 and train.accumulate 200"),  # of 22 images
    ],
)
def test_a_step_of_as_many_images_is_told(
    most: int, changes: dict[str, object], fitted: str
) -> None:
    step = limited(most, ERRORS[0], **changes)
    with pytest.raises(UserError, match=fitted):
        run_step(step, DATA.images, DATA.labels)


@pytest.mark.parametrize("batch_size", [1, 16])
def test_where_nothing_fits_another_remedy_is_told(batch_size: int) -> None:
    step = limited(0, ERRORS[0], batch_size=batch_size)
    with pytest.raises(UserError, match=r"no smaller one fits; choose a smaller network"):
        run_step(step, DATA.images, DATA.labels)


def test_batch_norm_that_takes_no_single_image_is_no_fit() -> None:
    step = limited(1, ERRORS[0])
    step.whole = nn.Sequential(step.whole, nn.BatchNorm1d(2))
    with pytest.raises(UserError, match="no smaller one fits"):
        run_step(step, DATA.images, DATA.labels)


def test_the_weights_stay_as_they_were() -> None:
    step = limited(5, ERRORS[0])
    before = {name: held.clone() for name, held in step.whole.state_dict().items()}
    with pytest.raises(UserError):
        run_step(step, DATA.images, DATA.labels)
    assert same(step.whole.state_dict(), before)
    assert all(weight.grad is None for weight in step.whole.parameters())


def test_what_the_failed_step_held_is_freed_before_others_are_tried() -> None:
    step = limited(5, ERRORS[0])
    alive, honest = set[int](), step.loss

    class Held:
        """Something that lives as long as the frame of a loss."""

        def __init__(self) -> None:
            alive.add(id(self))

        def __del__(self) -> None:
            alive.discard(id(self))

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        assert not alive
        held = Held()
        if len(targets) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        del held
        return honest(logits, targets)

    step.loss = loss
    with pytest.raises(UserError, match="4 fitted"):
        run_step(step, DATA.images[:16], DATA.labels[:16])


OTHERS = [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), KeyError("out of memory")]


@pytest.mark.parametrize("error", OTHERS)
def test_other_errors_pass_through(error: Exception) -> None:
    with pytest.raises(type(error)) as found:
        run_step(limited(5, error), DATA.images, DATA.labels)
    assert found.value is error


def test_another_error_while_trying_passes_through() -> None:
    step = limited(5, ERRORS[0])
    honest: Criterion = step.loss

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        if len(targets) == 4:
            raise RuntimeError("device-side assert")
        return honest(logits, targets)

    step.loss = loss
    with pytest.raises(RuntimeError, match="device-side assert"):
        run_step(step, DATA.images[:16], DATA.labels[:16])


def test_a_step_that_fits_is_gone() -> None:
    outcome = run_step(limited(16, ERRORS[0]), DATA.images[:16], DATA.labels[:16])
    assert outcome.images == 16
