import json
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.transforms.v2 import functional
from toys import CARD, INTERFACE, NETWORK, untrained

from stages.artifacts import classifier
from stages.artifacts.classifier import KEY, Classifier
from stages.errors import UserError

REMEDY = "run `dvc repro train` to make it again"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    classifier.write(untrained(), tmp_path / "classifier.safetensors")
    return tmp_path / "classifier.safetensors"


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        classifier.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(REMEDY)
    return message


def test_what_was_written_is_read(path: Path) -> None:
    card, network = classifier.read(path)
    expected = untrained().network.state_dict()
    assert card == CARD
    assert network.state_dict().keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())


def test_a_classifier_is_read_ready_to_predict(path: Path) -> None:
    network = classifier.read(path).network
    assert not any(module.training for module in network.modules())


def test_the_same_weights_are_the_same_bytes(path: Path, tmp_path: Path) -> None:
    classifier.write(classifier.read(path), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_layout_in_memory_does_not_show_in_the_file(path: Path, tmp_path: Path) -> None:
    made = untrained()
    made.network.to(memory_format=torch.channels_last)
    classifier.write(made, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_card_is_the_only_metadata(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert list(metadata) == [KEY]
    assert json.loads(metadata[KEY]) == CARD.model_dump(mode="json")


def test_the_whole_maps_pixels_to_the_logits_of_normalised_images() -> None:
    made = untrained()
    images = torch.randint(0, 256, (3, 4, 5, 1), dtype=torch.uint8)
    pixels = images.permute(0, 3, 1, 2) / 255
    normalised = functional.normalize(pixels, list(INTERFACE.mean), list(INTERFACE.std))
    torch.testing.assert_close(made.whole()(images), made.network(normalised))


@pytest.mark.parametrize("classes", [2, 7])
def test_a_network_has_a_logit_for_every_class(classes: int) -> None:
    names = tuple(str(number) for number in range(classes))
    card = CARD.model_copy(update={"interface": INTERFACE.model_copy(update={"classes": names})})
    network = classifier.build(card).network
    assert network(torch.zeros(2, 1, 4, 5)).shape == (2, classes)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none") == f"{tmp_path}/none: is missing; {REMEDY}"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 20, 200, -100, -1])
def test_a_truncated_file_is_refused(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    assert "cannot be read" in complaint(path)


@pytest.mark.parametrize("content", [b"garbage", bytes(1000), b"\xff" * 1000, b"PK\x03\x04"])
def test_a_file_of_another_format_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "cannot be read" in complaint(path)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"other": "{}"},
        {KEY: ""},
        {KEY: "{"},
        {KEY: "[]"},
        {KEY: "{}"},
        {KEY: json.dumps({**CARD.model_dump(mode="json"), "more": 1})},
        {KEY: json.dumps({**CARD.model_dump(mode="json"), "network": {"filters": [2]}})},
        {KEY: json.dumps({**CARD.model_dump(mode="json"), "temperature": 0})},
    ],
)
def test_a_wrong_card_is_refused(path: Path, metadata: dict[str, str] | None) -> None:
    save_file(load_file(path), path, metadata)
    assert "cannot be read" in complaint(path)


@pytest.mark.parametrize("filters", [(1,), (3,), (2, 2)])
def test_weights_of_other_filters_are_refused(path: Path, filters: tuple[int, ...]) -> None:
    card = CARD.model_copy(update={"network": NETWORK.model_copy(update={"filters": filters})})
    classifier.write(Classifier(card, untrained().network), path)
    assert "cannot be read" in complaint(path)


def test_weights_of_another_architecture_are_refused(path: Path) -> None:
    classifier.write(Classifier(CARD, nn.Linear(2, 2)), path)
    assert "cannot be read" in complaint(path)


def test_a_missing_weight_is_refused(path: Path) -> None:
    weights = load_file(path)
    del weights["head.bias"]
    save_file(weights, path, {KEY: CARD.model_dump_json()})
    assert "cannot be read" in complaint(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["head.bias", "body.0.weight"])
def test_a_weight_that_is_no_finite_number_is_refused(path: Path, name: str, value: float) -> None:
    weights = load_file(path)
    weights[name].view(-1)[-1] = value
    save_file(weights, path, {KEY: CARD.model_dump_json()})
    assert f"({name} holds what is no finite number)" in complaint(path)


def test_a_card_of_an_earlier_version_is_read(path: Path) -> None:
    earlier = CARD.model_dump(mode="json", exclude={"calibration"})
    save_file(load_file(path), path, {KEY: json.dumps(earlier)})
    assert classifier.read(path).card.calibration == "unknown"


class Trap:
    """Create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(path: Path, tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    torch.save(OrderedDict(trap=trap), path)
    assert "cannot be read" in complaint(path)
    assert not trap.path.exists()
