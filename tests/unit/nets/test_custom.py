import pytest
import torch
from shapes import shape
from torch.autograd import gradcheck, gradgradcheck

from stages.nets.custom import SETTLED, Custom, squareplus


def test_the_activation_is_its_formula() -> None:
    inputs = torch.linspace(-20, 20, 101, dtype=torch.float64)
    torch.testing.assert_close(
        squareplus(inputs), (inputs + torch.hypot(inputs, 0 * inputs + 2)) / 2
    )
    assert squareplus(torch.zeros(1)).item() == 1


def test_its_backward_by_hand_is_the_derivative_and_so_is_that_ones() -> None:
    inputs = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(squareplus, inputs)
    assert gradgradcheck(squareplus, inputs)


def test_its_gradient_is_autograds_far_from_zero_too() -> None:
    inputs = torch.tensor([-1e3, -50.0, 0.0, 50.0, 1e3], dtype=torch.float64, requires_grad=True)
    plain = (inputs + (inputs.square() + 4).sqrt()) / 2
    (expected,) = torch.autograd.grad(plain.sum(), inputs)
    (found,) = torch.autograd.grad(squareplus(inputs).sum(), inputs)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-9)


@pytest.fixture
def network() -> Custom:
    torch.manual_seed(0)
    return Custom(shape(1, 8, 8, 3)).eval()


def rounds(network: Custom, images: torch.Tensor) -> int:
    """Count how often the block is applied."""
    calls: list[int] = []
    hook = network.refine.register_forward_hook(lambda *_: calls.append(1))
    network(images)
    hook.remove()
    return len(calls)


def test_easy_images_need_fewer_rounds(network: Custom) -> None:
    easy, hard = torch.zeros(1, 1, 8, 8), 100 * torch.randn(1, 1, 8, 8)
    assert rounds(network, easy) < rounds(network, hard) == 4


def test_what_an_image_gets_does_not_depend_on_its_batch(network: Custom) -> None:
    images = torch.cat([torch.zeros(1, 1, 8, 8), 100 * torch.randn(2, 1, 8, 8)])
    alone = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), alone)


def test_an_export_takes_every_round_and_gives_the_same(network: Custom) -> None:
    easy = torch.zeros(2, 1, 8, 8)
    program = torch.export.export(network, (easy,))
    torch.testing.assert_close(program.module()(easy), network(easy))
    hard = 100 * torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(program.module()(hard), network(hard))


def test_it_learns(network: Custom) -> None:
    assert 0 < SETTLED < 1
    images, labels = torch.randn(16, 1, 8, 8), torch.arange(16) % 3
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    losses = []
    for _ in range(30):
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] - 0.05
