"""Probabilities of every image, and the features before the head of the network."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor, nn

from stages.artifacts.classifier import Classifier
from stages.backbone import Backbone, features_before
from stages.batches import Resident
from stages.nets.introspection import head
from stages.progress import Progress
from stages.scores import predict, probabilities, watched
from stages.whole_vectors import whole

WIDEST = 256  # features of an image that are kept: of more, as many random sums
SEED = 0  # of the signs in these sums


class Embedded(NamedTuple):
    """Probabilities and features of n images."""

    probabilities: Float64[np.ndarray, "n k"]
    features: Float32[np.ndarray, "n d"]  # whole numbers, of one length


class BesideLogits(nn.Module):
    """A network that returns the features of its images behind their logits."""

    def __init__(self, backbone: Backbone) -> None:
        """Take the network up to its head."""
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Tensor:
        """Return logits and features of a batch, side by side: [B, K + D]."""
        features, logits = self.backbone(images), self.backbone.logits
        if len(features) != len(images):  # as where a head sees places or tokens as images
            features = logits
        return torch.cat([logits, narrowed(pooled(features))], 1)


def embed(judged: Classifier, data: Resident, batch_size: int, bar: Progress) -> Embedded:
    """Run the classifier, on the device of the data, over all images, which the bar counts."""
    whole_network = judged.whole().to(data.labels.device)
    with features_before(whole_network, head(judged.network)) as backbone:
        network = BesideLogits(backbone)
        with watched(network, bar):
            found = predict(network, data, batch_size)
    logits, features = found.tensor_split([len(judged.card.interface.classes)], dim=1)
    return Embedded(probabilities(logits, judged.card.temperature).numpy(), whole(features.numpy()))


def pooled(features: Tensor) -> Tensor:
    """Return one vector an image: the mean over places [B, F, Y, X] or tokens [B, N, F]."""
    if features.ndim == 3:
        return features.mean(1)
    return features.flatten(2).mean(2) if features.ndim > 3 else features


def narrowed(features: Tensor) -> Tensor:
    """Return at most WIDEST features: of more, random sums, which keep angles to a few percent.

    Signs are drawn from a seed (Achlioptas 2003).
    """
    width = features.shape[1]
    if width <= WIDEST:
        return features
    drawn = torch.randint(2, (width, WIDEST), generator=torch.Generator().manual_seed(SEED))
    return features @ (2 * drawn - 1).to(features)
