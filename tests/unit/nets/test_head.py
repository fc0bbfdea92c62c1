import pytest
import torch
from shapes import built, shape
from torch import nn
from torchvision import models

from stages.nets.introspection import head

FAMILIES = ["mlp", "cnn", "lenet", "resnet_small", "speednet", "custom"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("hidden", [(), (5, 6)])
def test_the_head_of_a_family_gives_the_logits(family: str, hidden: tuple[int, ...]) -> None:
    network = built(shape(1, 32, 32, 7), network=family, hidden=hidden)
    last = head(network)
    assert isinstance(last, nn.Linear)
    assert last.out_features == 7


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        ("alexnet", "classifier.6"),
        ("densenet121", "classifier"),
        ("googlenet", "fc"),
        ("mobilenet_v3_small", "classifier.3"),
        ("resnet18", "fc"),
        ("squeezenet1_1", "classifier.1"),
        ("swin_t", "head"),
        ("vit_b_32", "heads.head"),
    ],
)
def test_the_head_of_an_architecture_is_where_its_classes_are(architecture: str, name: str) -> None:
    options = {"aux_logits": False, "init_weights": False} if architecture == "googlenet" else {}
    with torch.device("meta"):
        network = models.get_model(architecture, **options)
    assert head(network) is network.get_submodule(name)


def test_a_network_without_layers_is_its_own_head() -> None:
    linear, empty = nn.Linear(2, 2), nn.Identity()
    assert head(linear) is linear
    assert head(empty) is empty
