import shutil

import pytest
from exports import IMAGES, Branching, close, expected, job
from torch import Tensor, nn

from stages.exporting import aoti


class Means(nn.Module):
    """Be compiled fast."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(3).flatten(1)[:, :2]


@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler")
@pytest.mark.filterwarnings("ignore")  # of a compiler, which are not ours
@pytest.mark.first
def test_any_number_of_images_gives_the_outputs_of_the_classifier() -> None:
    model = aoti.convert(job(Means()))
    assert b"temperature" in model
    close(aoti.predict(model, IMAGES.split(3), 1), expected(network=Means()))


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        aoti.convert(job(Branching()))
