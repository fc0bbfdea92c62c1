"""Weights from a hub on this machine, that speaks as the Hugging Face hub does."""

import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import hubs
import pytest
import timm
import torch
from hubs import COMMIT, Hub
from huggingface_hub import constants
from safetensors.torch import save
from together import free_port
from torch import nn
from toys import CARD

from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.nets import network
from stages.training import pretrained
from stages.training.pretrained import SOURCE, Pretrained
from stages.training.timm_weights import FILE

REPOSITORY = "timm/resnet10t.c3_in1k"
TRANSFORMER = "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k"


@pytest.fixture(scope="module")
def published() -> dict[str, bytes]:
    torch.manual_seed(5)
    names = {"resnet10t": REPOSITORY, "vit_tiny_patch16_224": TRANSFORMER}
    return {names[name]: save(timm.create_model(name).state_dict()) for name in names}


@pytest.fixture(autouse=True)
def hub(
    published: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    monkeypatch.chdir(tmp_path)
    SOURCE.mkdir(parents=True)
    hubs.hurry(monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with hubs.serving() as server:
        for repository, weights in published.items():
            server.publish(repository, {FILE: weights})
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def card(architecture: str = "resnet10t", side: int = 32, **interface: object) -> Card:
    update = {"network": "timm", "architecture": architecture, "stem": "imagenet"}
    shape = {"height": side, "width": side, "channels": 3}
    moments = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    return CARD.model_copy(
        update={
            "network": CARD.network.model_copy(update=update),
            "interface": CARD.interface.model_copy(update={**shape, **moments, **interface}),
        }
    )


def loaded(
    revision: str | None = None, checksum: str | None = None, of: Card | None = None
) -> tuple[nn.Module, list[str]]:
    about = of or card()
    torch.manual_seed(0)
    made = network.build(about.network, about.interface)
    params = Pretrained(weights="default", weights_revision=revision, weights_sha256=checksum)
    return made, pretrained.load(made, params, about)


def complaint(
    revision: str | None = None, checksum: str | None = None, of: Card | None = None
) -> str:
    with pytest.raises(UserError) as caught:
        loaded(revision, checksum, of)
    message = str(caught.value)
    assert "\n" not in message
    return message


def digest(hub: Hub, repository: str = REPOSITORY) -> str:
    return sha256(hub.files(repository)[FILE]).hexdigest()


def test_weights_that_are_pinned_are_those_of_the_hub(hub: Hub) -> None:
    made, remarks = loaded(COMMIT, digest(hub))
    torch.manual_seed(5)
    theirs = timm.create_model("resnet10t").state_dict()
    for name, weight in made.state_dict().items():
        assert name.startswith("fc.") or torch.equal(weight, theirs[name]), name
    fresh = f"since {REPOSITORY}/model.safetensors has none for these classes"
    size = (
        "resnet10t: its weights were made with images of 176 x 176 pixels, images have 32 x 32; "
        "preprocess.image_size decides"
    )
    assert remarks == [f"fc.weight: begins at 0, {fresh}", f"fc.bias: begins at 0, {fresh}", size]


def test_weights_that_are_not_pinned_are_refused_with_the_pins(hub: Hub) -> None:
    pins = f"train.weights_revision to {COMMIT} and train.weights_sha256 to {digest(hub)}"
    expected = f"params.yaml: train.weights default: {REPOSITORY} can change unnoticed; set {pins}"
    assert complaint(None, None) == expected
    assert complaint("main", None) == expected
    assert complaint("main", digest(hub)) == expected
    assert complaint(COMMIT, None) == expected


def test_what_the_cache_has_of_a_commit_needs_no_network(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = loaded(COMMIT, digest(hub))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    again, _ = loaded(COMMIT, digest(hub))
    assert all(map(torch.equal, first.state_dict().values(), again.state_dict().values()))


def test_a_copy_in_the_folder_needs_neither_network_nor_pins(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = loaded(COMMIT, digest(hub))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    (SOURCE / "resnet10t.c3_in1k.safetensors").write_bytes(hub.files(REPOSITORY)[FILE])
    again, _ = loaded()
    assert all(map(torch.equal, first.state_dict().values(), again.state_dict().values()))


def test_a_copy_must_be_what_is_pinned(hub: Hub) -> None:
    (SOURCE / "resnet10t.c3_in1k.safetensors").write_bytes(hub.files(REPOSITORY)[FILE])
    assert loaded(COMMIT, digest(hub))
    assert f"train.weights_sha256 to {digest(hub)}" in complaint(COMMIT, None)
    assert f"train.weights_sha256 is {'0' * 64}; provide" in complaint(COMMIT, "0" * 64)


def test_without_a_network_the_place_for_a_copy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(time, "sleep", lambda _: None)  # 23 s between the hub's six tries
    message = complaint(COMMIT, "0" * 64)
    assert message.startswith(f"params.yaml: train.weights default: {REPOSITORY} cannot be fetched")
    assert message.endswith(
        f"store its model.safetensors as {SOURCE}/resnet10t.c3_in1k.safetensors"
    )


@pytest.mark.parametrize(
    ("code", "error", "expected"),
    [
        (403, "GatedRepo", "is gated; ask for access on its page"),
        (401, "RepoNotFound", "is not on the hub, or is private"),
        (404, "RepoNotFound", "is not on the hub, or is private"),
        (404, "EntryNotFound", "has no file model.safetensors"),
    ],
)
def test_what_the_hub_refuses_is_one_message(
    code: int, error: str, expected: str, hub: Hub
) -> None:
    hub.refused[REPOSITORY] = code, error
    assert f"train.weights default: {REPOSITORY} {expected}" in complaint(COMMIT, "0" * 64)


def test_a_revision_that_there_is_not_is_named() -> None:
    message = complaint("f" * 40, "0" * 64)
    assert f"{REPOSITORY} has no revision {'f' * 40}; give a commit that it has" in message


def test_other_weights_than_those_pinned_are_refused(hub: Hub) -> None:
    found = f"the sha256 of its weights is {digest(hub)}, train.weights_sha256 is {'0' * 64}"
    assert complaint(COMMIT, "0" * 64).startswith(f"{REPOSITORY}: {found}; ")


def test_weights_of_another_network_do_not_fit(hub: Hub) -> None:
    (SOURCE / "resnet10t.c3_in1k.safetensors").write_bytes(hub.files(TRANSFORMER)[FILE])
    assert "does not fit train.architecture resnet10t (" in complaint()


def test_positions_are_interpolated_to_the_images(hub: Hub) -> None:
    of = card("vit_tiny_patch16_224", 64, mean=(0.5,) * 3, std=(0.5,) * 3)
    made, _ = loaded(COMMIT, digest(hub, TRANSFORMER), of=of)
    assert made.get_parameter("pos_embed").shape == (1, 1 + 4 * 4, 192)
    torch.manual_seed(5)
    timm.create_model("resnet10t")  # the first of the two that the hub has
    theirs = timm.create_model("vit_tiny_patch16_224")
    assert torch.equal(
        made.get_parameter("blocks.0.attn.qkv.weight"),
        theirs.get_parameter("blocks.0.attn.qkv.weight"),
    )


def test_images_of_one_channel_have_the_sum_of_the_filters(hub: Hub) -> None:
    of = card(channels=1, mean=(0.5,), std=(0.5,))
    grey, _ = loaded(COMMIT, digest(hub), of=of)
    colour, _ = loaded(COMMIT, digest(hub))
    summed = colour.get_parameter("conv1.0.weight").sum(1, keepdim=True)
    assert torch.equal(grey.get_parameter("conv1.0.weight"), summed)


def test_images_normalised_in_another_way_are_a_remark(hub: Hub) -> None:
    _, remarks = loaded(COMMIT, digest(hub), of=card(mean=(0.5,) * 3))
    assert remarks[-1] == (
        "resnet10t: its weights expect a mean of 0.485, 0.456, 0.406, images have 0.5, 0.5, 0.5; "
        "preprocess.normalize decides, and weights is theirs"
    )


def test_an_architecture_without_weights_is_told(hub: Hub) -> None:
    message = complaint(COMMIT, digest(hub), of=card("mixer_s32_224"))
    assert "timm publishes no weights for train.architecture mixer_s32_224 on the hub" in message


def test_a_revision_is_for_timm() -> None:
    of = card()
    changed = {"network": "torchvision", "architecture": "resnet18"}
    of = of.model_copy(update={"network": of.network.model_copy(update=changed)})
    assert "train.weights_revision is for train.network timm" in complaint(COMMIT, None, of)
