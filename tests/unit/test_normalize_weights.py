"""`preprocess.normalize: weights`: mean and std of the weights that training starts from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from learning import settings
from onnxruntime import InferenceSession
from PIL import Image as Picture
from ruamel.yaml import YAML
from safetensors.torch import save_file
from timm.data.config import resolve_data_config
from toys import CARD, INTERFACE, RUNTIME, section

from stages import download, evaluate, export, preprocess, train
from stages.artifacts import agreement, classifier, splits
from stages.artifacts.classifier import Card
from stages.artifacts.splits import Meta
from stages.errors import UserError
from stages.nets.interface import flaws
from stages.training import setup
from stages.training.expected_input import of_architecture
from stages.training.pretrained import SOURCE

SIDE = 32  # pixels
OPEN = INTERFACE.model_copy(update={"channels": 3, "mean": (), "std": ()})
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5,) * 3, (0.5,) * 3


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Enter a folder with small photographs of two classes, and with weights of two networks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    rng = np.random.default_rng(0)
    for label, bright in (("dark", 0), ("light", 120)):
        Path("photos", label).mkdir(parents=True)
        for number in range(14):
            shape = SIDE, SIDE, 3
            shown = (rng.integers(0, 120, shape) + bright).astype(np.uint8)
            Picture.fromarray(shown).save(f"photos/{label}/{number}.png")
    SOURCE.mkdir(parents=True)
    for name in ("test_vit.r160_in1k", "resnet10t.c3_in1k"):
        torch.manual_seed(5)
        save_file(timm.create_model(name).state_dict(), SOURCE / f"{name}.safetensors")
    yield
    torch.use_deterministic_algorithms(mode=False)


def write(normalize: str, **changes: object) -> None:
    """Write params.yaml."""
    sections = {
        "download": section("download", dataset="folder", path="photos"),
        "preprocess": section(
            "preprocess", normalize=normalize, image_size=[SIDE, SIDE], channels=3, workers=1
        ),
        "train": settings(
            **{"network": "timm", "weights": "default", "epochs": 1, "lr": 0.01, **changes}
        ).model_dump(mode="json"),
        "evaluate": section("evaluate", **RUNTIME),
        "export": section("export", **RUNTIME, formats=["onnx"], on_unsupported="fail"),
    }
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(json.loads(json.dumps(sections)), file)


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("architecture", "named", "moments"),
    [("test_vit", "half", HALF), ("resnet10t", "imagenet", IMAGENET)],
)
def test_five_stages_go_by_the_weights(
    architecture: str, named: str, moments: tuple[tuple[float, ...], ...]
) -> None:
    write("weights", architecture=architecture)
    for stage in (download, preprocess, train, evaluate, export):
        stage.main()
    assert splits.read_meta().interface.is_open
    found = classifier.read().card.interface
    assert (found.mean, found.std) == moments
    expected = classifier.read().whole()(torch.from_numpy(splits.read("test").images.copy()))
    session = InferenceSession("models/export/model.onnx", providers=["CPUExecutionProvider"])
    logits, *_ = session.run(None, {"images": np.asarray(splits.read("test").images)})
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-4, atol=1e-4)
    before = classifier.PATH.read_bytes(), Path("metrics/evaluate.json").read_bytes()
    write(named, architecture=architecture)
    for stage in (preprocess, train, evaluate):
        stage.main()
    assert not splits.read_meta().interface.is_open
    assert (classifier.PATH.read_bytes(), Path("metrics/evaluate.json").read_bytes()) == before


@pytest.mark.usefixtures("workspace")
def test_an_earlier_classifier_brings_its_own() -> None:
    write("half", network="cnn", weights="none")
    for stage in (download, preprocess, train):
        stage.main()
    (SOURCE / "earlier.safetensors").write_bytes(classifier.PATH.read_bytes())
    write("weights", network="cnn", weights=str(SOURCE / "earlier.safetensors"))
    for stage in (preprocess, train):
        stage.main()
    assert (classifier.read().card.interface.mean, classifier.read().card.interface.std) == HALF


@pytest.mark.usefixtures("workspace")
def test_a_network_without_published_weights_is_told() -> None:
    write("weights", network="mlp", weights="none")
    for stage in (download, preprocess):
        stage.main()
    with pytest.raises(UserError, match=r"^params\.yaml: preprocess\.normalize weights .* mlp .*"):
        train.main()


def card(channels: int = 3, **changes: object) -> Card:
    interface = OPEN.model_copy(update={"height": SIDE, "width": SIDE, "channels": channels})
    return setup.initial_card(settings(**changes), interface)


@pytest.mark.parametrize("weights", ["none", "default"])
@pytest.mark.parametrize(
    "architecture", ["resnet10t", "vit_tiny_patch16_224", "vit_base_patch16_clip_224.openai"]
)
def test_timms_are_those_that_timm_resolves(architecture: str, weights: str) -> None:
    found = card(network="timm", architecture=architecture, weights=weights).interface
    config: Any = timm.get_pretrained_cfg(architecture)
    resolve: Any = resolve_data_config
    wanted = resolve(pretrained_cfg=config.to_dict())
    assert (found.mean, found.std) == (wanted["mean"], wanted["std"])
    expected = of_architecture(card(network="timm", architecture=architecture).network)
    assert expected is not None
    assert expected.size == wanted["input_size"][1:]


@pytest.mark.parametrize(
    ("architecture", "moments", "side"),
    [
        ("resnet18", IMAGENET, 224),
        ("inception_v3", HALF, 299),  # which says ImageNet, and computes these of it
        ("efficientnet_b3", IMAGENET, 300),
    ],
)
def test_torchvisions_are_those_of_its_weights(
    architecture: str, moments: tuple[tuple[float, ...], ...], side: int
) -> None:
    made = card(network="torchvision", architecture=architecture)
    assert (made.interface.mean, made.interface.std) == moments
    expected = of_architecture(made.network)
    assert expected is not None
    assert expected.size == (side, side)


@pytest.mark.parametrize("family", ["mlp", "cnn", "lenet", "resnet_small", "speednet", "custom"])
def test_families_without_published_weights_are_refused(family: str) -> None:
    with pytest.raises(UserError) as caught:
        card(network=family)
    assert str(caught.value) == (
        "params.yaml: preprocess.normalize weights takes mean and std from the weights that "
        f"training starts from, but train.network {family} with train.weights none has none; set "
        "preprocess.normalize to dataset, imagenet, half or none, or train.network to torchvision "
        "or timm"
    )


def test_grey_images_take_moments_that_are_the_same_in_all_channels() -> None:
    found = card(1, network="timm", architecture="vit_tiny_patch16_224").interface
    assert (found.mean, found.std) == ((0.5,), (0.5,))
    with pytest.raises(UserError, match=r"for 3 channels, images have 1; set preprocess\.channels"):
        card(1, network="timm", architecture="resnet10t")


def test_what_is_not_open_stays_as_it_is() -> None:
    made = setup.initial_card(settings(network="timm", architecture="resnet10t"), INTERFACE)
    assert made.interface == INTERFACE


def test_only_splits_may_be_open() -> None:
    assert not flaws(OPEN, may_be_open=True)
    assert "0 means and 0 standard deviations for 3 channels" in flaws(OPEN)
    half = OPEN.model_copy(update={"mean": (0.5,) * 3})
    assert "3 means and 0 standard deviations" in flaws(half, may_be_open=True)


def test_splits_that_leave_it_open_go_with_a_classifier_and_one_parameter(tmp_path: Path) -> None:
    path, interface = tmp_path / "params.yaml", CARD.interface
    meta = Meta(interface=interface, counts={}, excluded={})
    left = Meta(
        interface=interface.model_copy(update={"mean": (), "std": ()}), counts={}, excluded={}
    )
    agreement._require_same_images(CARD, left)
    path.write_text("preprocess: {normalize: weights}")
    agreement.check(left, path=path)
    with pytest.raises(UserError, match=r"preprocess\.normalize by numbers, params\.yaml says"):
        agreement.check(meta, path=path)
    path.write_text("preprocess: {normalize: half}")
    agreement.check(meta, path=path)
    with pytest.raises(UserError, match=r"preprocess\.normalize weights, params\.yaml says half"):
        agreement.check(left, path=path)
