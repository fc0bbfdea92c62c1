from hashlib import sha256
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from toys import CARD, untrained

from stages.artifacts import classifier
from stages.artifacts.classifier import Card
from stages.errors import UserError
from stages.training import pretrained, state_dict
from stages.training.pretrained import SOURCE, Pretrained
from stages.training.state_dict import StateDict

WEIGHTS = untrained(1).network.state_dict()


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SOURCE.mkdir(parents=True)
    for place in (SOURCE / "mine.pth", Path("elsewhere.pth")):
        torch.save(WEIGHTS, place)


def taken(weights: str, checksum: str | None = None, card: Card = CARD) -> bool:
    """Load; say whether the network is now that of the weights."""
    network = untrained(0).network
    params = Pretrained(weights=weights, weights_revision=None, weights_sha256=checksum)
    assert pretrained.load(network, params, card) == []
    return all(torch.equal(weight, WEIGHTS[name]) for name, weight in network.state_dict().items())


def complaint(weights: str, checksum: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        taken(weights, checksum)
    return str(caught.value)


def digest(path: str) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()


def test_none_leaves_the_weights_fresh() -> None:
    assert not taken("none")


@pytest.mark.parametrize(
    "place", [f"{SOURCE}/mine.pth", f"./{SOURCE}/mine.pth", f"models/../{SOURCE}/mine.pth"]
)
def test_a_file_in_the_source_folder_needs_no_checksum(place: str) -> None:
    assert taken(place)
    assert taken(str(Path.cwd() / place))


def test_a_link_in_it_to_where_dvc_keeps_the_file_is_in_it() -> None:
    (SOURCE / "link.pth").symlink_to(Path.cwd() / "elsewhere.pth")
    assert taken(f"{SOURCE}/link.pth")


def test_a_checksum_is_verified_there_too() -> None:
    assert taken(f"{SOURCE}/mine.pth", digest(f"{SOURCE}/mine.pth"))
    assert "weights_sha256 is 000" in complaint(f"{SOURCE}/mine.pth", "0" * 64)


@pytest.mark.parametrize("place", ["elsewhere.pth", f"{SOURCE}/../../elsewhere.pth"])
def test_a_file_elsewhere_needs_one_which_the_message_tells(place: str) -> None:
    message = complaint(place)
    assert message.startswith(f"params.yaml: train.weights is {place}, where it can change")
    assert f"put it in {SOURCE}/" in message
    found = message.rpartition("train.weights_sha256 to ")[2]
    assert taken(place, found)
    assert taken(place, found.upper())


def test_so_does_an_address() -> None:
    address = (Path.cwd() / SOURCE / "mine.pth").as_uri()
    assert "set train.weights_sha256 to" in complaint(address)
    assert taken(address, digest(f"{SOURCE}/mine.pth"))


def test_another_file_than_the_checksums_is_refused_with_both() -> None:
    message = complaint("elsewhere.pth", "0" * 64)
    assert message.startswith(f"elsewhere.pth: its sha256 is {digest('elsewhere.pth')}, ")
    assert f"train.weights_sha256 is {'0' * 64}; provide the right file" in message


def test_the_classifier_that_the_stage_replaces_is_to_be_copied() -> None:
    classifier.write(untrained(1))
    message = complaint(str(classifier.PATH))
    assert f"which this stage overwrites; copy it to {SOURCE}/" in message
    classifier.PATH.rename(SOURCE / "earlier.safetensors")
    assert taken(f"{SOURCE}/earlier.safetensors")


def test_an_earlier_classifier_for_other_classes_begins_its_head_at_0() -> None:
    classifier.write(untrained(1), SOURCE / "earlier.safetensors")
    interface = CARD.interface.model_copy(update={"classes": ("cats", "dogs")})
    card, network = CARD.model_copy(update={"interface": interface}), untrained(0).network
    params = Pretrained(
        weights=f"{SOURCE}/earlier.safetensors", weights_revision=None, weights_sha256=None
    )
    remarks = pretrained.load(network, params, card)
    assert [remark.partition(":")[0] for remark in remarks] == ["head.weight", "head.bias"]
    assert not network.state_dict()["head.weight"].any()
    assert torch.equal(network.state_dict()["body.0.weight"], WEIGHTS["body.0.weight"])


def test_default_is_for_libraries_of_architectures() -> None:
    expected = "train.weights default is for train.network torchvision or timm, which is cnn; set"
    assert expected in complaint("default")


def test_default_takes_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pretrained, "published_weights", lambda architecture: StateDict(architecture, WEIGHTS, None)
    )
    network = CARD.network.model_copy(update={"network": "torchvision"})
    shape = CARD.interface.model_copy(update={"height": 224, "width": 224})  # as its images were
    assert taken("default", card=CARD.model_copy(update={"network": network, "interface": shape}))


def test_a_missing_file_is_named() -> None:
    message = complaint(f"{SOURCE}/none.pth")
    assert message.startswith(f"{SOURCE}/none.pth: is missing; correct train.weights")


@pytest.mark.parametrize("weights", ["none", "default"])
def test_a_checksum_without_a_file_is_refused(weights: str) -> None:
    with pytest.raises(ValidationError, match=f"is for a file, but weights is {weights}; set it"):
        Pretrained(weights=weights, weights_revision=None, weights_sha256="0" * 64)


@pytest.mark.parametrize(
    ("name", "value"),
    [("weights", ""), ("weights", None), ("weights_sha256", "0"), ("weights_sha256", "g" * 64)],
)
def test_a_wrong_value_is_refused(name: str, value: object) -> None:
    values = {"weights": "none", "weights_sha256": None, name: value}
    with pytest.raises(ValidationError, match=name):
        Pretrained.model_validate(values)


@pytest.mark.parametrize("checksum", [None, "0" * 64])
def test_no_message_on_the_checksum_holds_a_secret(
    checksum: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (SOURCE / "mine.pth").read_bytes()
    monkeypatch.setattr(state_dict, "fetch", lambda _: data)
    message = complaint("https://me:hunter2@host/a.pth?token=hunter2", checksum)
    assert "https://host/a.pth" in message
    assert "hunter2" not in message


def test_what_does_not_fit_is_named_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"other": torch.zeros(3)}, "other.pth")
    data = Path("other.pth").read_bytes()
    monkeypatch.setattr(state_dict, "fetch", lambda _: data)
    message = complaint("s3://me:hunter2@bucket/a.pth", digest("other.pth"))
    assert message.startswith("s3://bucket/a.pth: does not fit the network")
