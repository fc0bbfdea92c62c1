import torch
from torch import nn
from torch.nn.functional import conv2d
from torchvision.models import mobilenet_v3_small

from stages.nets.introspection import convolutions, rechannel


def test_the_first_convolution_is_the_one_that_images_meet() -> None:
    names = [name for name, _ in convolutions(mobilenet_v3_small())]
    assert names[:2] == ["features.0.0", "features.1.block.0.0"]


def test_a_network_may_have_none() -> None:
    assert list(convolutions(nn.Linear(2, 2))) == []


def test_one_channel_gets_the_sum() -> None:
    filters = torch.randn(4, 3, 5, 5)
    torch.testing.assert_close(rechannel(filters, 1)[:, 0], filters.sum(1))


def test_grey_is_answered_alike_in_any_number_of_channels() -> None:
    filters, grey = torch.randn(4, 3, 5, 5), torch.randn(2, 1, 8, 8)
    expected = conv2d(grey.expand(-1, 3, -1, -1), filters)
    for channels in (1, 2, 3, 4):
        answer = conv2d(grey.expand(-1, channels, -1, -1), rechannel(filters, channels))
        torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-5)
