from copy import deepcopy
from math import sqrt

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor, nn

from stages.training.muon import COEFFICIENTS, ITERATIONS, Muon, orthogonal

SHAPES = [(4, 9), (9, 4), (5, 5), (1, 6), (6, 1), (1, 1), (16, 3, 3, 3), (3, 16, 1, 1)]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def made(
    weight: Tensor,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    *,
    nesterov: bool = False,
    normalize: bool = False,
) -> Muon:
    groups = [{"params": [weight], "lr": 0.1, "weight_decay": weight_decay}]
    return Muon(groups, momentum, nesterov=nesterov, normalize=normalize)


@pytest.mark.parametrize("shape", SHAPES[:6])
def test_every_singular_value_goes_through_the_polynomial(shape: tuple[int, int]) -> None:
    a, b, c = COEFFICIENTS
    left, values, right = torch.linalg.svd(normal(*shape).double(), full_matrices=False)
    values = values / values.norm()
    for _ in range(ITERATIONS):
        values = a * values + b * values**3 + c * values**5
    expected = left @ values.diag() @ right
    torch.testing.assert_close(orthogonal(normal(*shape)).double(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(32, 64), (64, 32), (8, 8)])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_singular_values_come_near_1(shape: tuple[int, int], scale: float) -> None:
    largest = torch.linalg.svdvals(orthogonal(scale * normal(*shape)))[:5]
    assert largest.min() > 0.6
    assert largest.max() < 1.25


@pytest.mark.parametrize("shape", [(3, 4), (4, 3)])
def test_zeros_stay_zeros(shape: tuple[int, int]) -> None:
    assert orthogonal(torch.zeros(shape)).tolist() == torch.zeros(shape).tolist()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_a_matrix_keeps_its_type(dtype: torch.dtype) -> None:
    assert orthogonal(normal(3, 4).to(dtype)).dtype == dtype


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(TypeCheckError):
        orthogonal(torch.zeros(2, 3, 4))


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.0, 0.0), (0.6, 0.5), (0.95, 0.0)])
@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (7, 7)])
def test_a_matrix_moves_as_in_torch(
    shape: tuple[int, int], momentum: float, weight_decay: float, *, nesterov: bool
) -> None:
    mine, theirs = (nn.Parameter(normal(*shape)) for _ in range(2))
    muon = made(mine, momentum, weight_decay, nesterov=nesterov)
    oracle = torch.optim.Muon(
        [theirs], lr=0.1, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov
    )
    for seed in range(1, 4):
        mine.grad = normal(*shape, seed=seed)
        theirs.grad = mine.grad.clone()
        muon.step()
        oracle.step()
    # torch iterates in bf16, of 8 bits: 3 steps of 0.1 x 1.2 differ by 1 % of them at most.
    torch.testing.assert_close(mine, theirs, rtol=0, atol=0.01)
    assert not torch.allclose(mine, normal(*shape), atol=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_filter_is_a_row_of_a_matrix(shape: tuple[int, ...], layout: torch.memory_format) -> None:
    filters, flat = nn.Parameter(normal(*shape)), nn.Parameter(normal(*shape).flatten(1))
    if layout == torch.channels_last and len(shape) == 4:
        filters.data = filters.data.to(memory_format=torch.channels_last)
    for seed, (one, other) in enumerate([(made(filters), made(flat))] * 2):
        filters.grad = normal(*shape, seed=seed).contiguous(memory_format=layout_of(filters))
        flat.grad = normal(*shape, seed=seed).flatten(1)
        one.step()
        other.step()
    assert torch.equal(filters.flatten(1), flat)
    assert filters.is_contiguous(memory_format=layout_of(filters))


def layout_of(weight: Tensor) -> torch.memory_format:
    last = weight.ndim == 4 and weight.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format


@pytest.mark.parametrize("shape", SHAPES)
def test_normalized_weights_forget_their_norm(shape: tuple[int, ...]) -> None:
    weights = [nn.Parameter(scale * normal(*shape)) for scale in (1.0, 50.0)]
    for weight in weights:
        weight.grad = normal(*shape, seed=1)
        made(weight, normalize=True).step()
    torch.testing.assert_close(*weights)
    weight = nn.Parameter(normal(*shape))
    weight.grad = torch.zeros_like(weight)
    made(weight, normalize=True).step()
    assert weight.norm().item() == pytest.approx(sqrt(shape[0]), rel=1e-5)


def test_weights_of_0_can_be_normalized() -> None:
    weight = nn.Parameter(torch.zeros(2, 3))
    weight.grad = normal(2, 3)
    made(weight, normalize=True).step()
    torch.testing.assert_close(weight, -0.1 * orthogonal(normal(2, 3)))


def test_a_weight_without_a_gradient_stays() -> None:
    weight = nn.Parameter(normal(2, 3))
    made(weight, weight_decay=0.5, normalize=True).step()
    assert torch.equal(weight, normal(2, 3))


def test_a_restored_state_goes_on_with_the_same_bits() -> None:
    first, again = (nn.Parameter(normal(4, 6)) for _ in range(2))
    one, other = made(first), made(again)
    for seed in range(4):
        if seed == 2:
            other.load_state_dict(deepcopy(one.state_dict()))
            again.data.copy_(first.data)
        first.grad, again.grad = normal(4, 6, seed=seed), normal(4, 6, seed=seed)
        one.step()
        if seed >= 2:
            other.step()
    assert torch.equal(first, again)
