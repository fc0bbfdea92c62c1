import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toys import CARD, split, untrained

from stages.artifacts.classifier import Classifier
from stages.batches import to_device
from stages.inspecting.embedding import WIDEST, embed, narrowed, pooled
from stages.progress import Progress
from stages.whole_vectors import whole

CPU = torch.device("cpu")
SILENT = Progress("predict", None, "images", shown=False)


class Apart(nn.Module):
    """A network whose head is never called as a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(20, 2)

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.linear(images.flatten(1), self.head.weight)


@pytest.mark.parametrize("batch_size", [3, 100])
def test_features_are_what_the_head_is_given(batch_size: int) -> None:
    part, judged = split(10), untrained(3)
    given = list[Tensor]()
    judged.network.register_forward_pre_hook(lambda *_: None)
    last = [layer for layer in judged.network.modules() if isinstance(layer, nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    with torch.inference_mode():
        logits = judged.whole().eval()(torch.from_numpy(part.images))
    handle.remove()
    found = embed(judged, to_device(part, CPU), batch_size, SILENT)
    np.testing.assert_allclose(found.features, whole(given[0].numpy()), atol=1)
    np.testing.assert_allclose(found.probabilities, logits.double().softmax(1), atol=1e-6)


def test_where_no_head_is_called_the_logits_are_the_features() -> None:
    torch.manual_seed(0)
    part, judged = split(6), Classifier(CARD, Apart())
    found = embed(judged, to_device(part, CPU), 4, SILENT)
    assert found.features.shape == (6, 2)


def test_maps_and_tokens_are_averaged() -> None:
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    torch.testing.assert_close(pooled(maps), maps.mean((2, 3)))
    torch.testing.assert_close(pooled(maps.flatten(2)), maps.flatten(2).mean(1))
    assert pooled(maps.flatten(1)).shape == (2, 12)


def test_many_features_become_fewer_with_nearly_the_same_angles() -> None:
    features = torch.randn(40, 2000, generator=torch.Generator().manual_seed(1))
    features = features + 2 * features[:1]
    found = narrowed(features)
    assert found.shape == (40, WIDEST)
    torch.testing.assert_close(found, narrowed(features))
    cosines = [nn.functional.normalize(one) for one in (features, found)]
    apart = cosines[0] @ cosines[0].T - cosines[1] @ cosines[1].T
    assert apart.abs().mean() < 0.05
    assert narrowed(features[:, :WIDEST]) is not None
