"""Your network keeps the contract of stages/nets/custom.py; add what else yours must keep."""

import torch

from stages.nets.custom import Custom
from stages.nets.interface import Interface

INTERFACE = Interface(
    classes=("a", "b", "c"),
    height=32,
    width=32,
    channels=3,
    resize="crop",
    interpolation="bilinear",
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
)


def made() -> Custom:
    torch.manual_seed(0)
    return Custom(INTERFACE)


def test_images_become_logits() -> None:
    assert made()(torch.randn(4, 3, 32, 32)).shape == (4, 3)


def test_an_image_gets_the_same_in_every_batch() -> None:
    network, images = made().eval(), torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        together, alone = network(images), torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(together, alone)


def test_every_weight_learns() -> None:
    network = made()
    network(torch.randn(4, 3, 32, 32)).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name
