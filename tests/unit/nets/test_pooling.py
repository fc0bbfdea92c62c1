import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d

from stages.nets.layers import AdaptiveAverage


@pytest.mark.parametrize("found", [(1, 1), (2, 3), (7, 7), (8, 9), (14, 21), (6, 40)])
@pytest.mark.parametrize("wanted", [(7, 7), (6, 6), (1, 1), (2, 5)])
def test_the_means_are_torchs(found: tuple[int, int], wanted: tuple[int, int]) -> None:
    features = torch.randn(2, 3, *found)
    expected = adaptive_avg_pool2d(features, wanted)
    torch.testing.assert_close(AdaptiveAverage(found, wanted)(features), expected)


def test_it_adds_nothing_to_the_weights() -> None:
    assert AdaptiveAverage((3, 3), (7, 7)).state_dict() == {}
