from hashlib import sha256
from pathlib import Path

import pytest
import torch
from torchvision import models

from stages.errors import UserError
from stages.training import pretrained

CHOICE = models.SqueezeNet1_1_Weights.DEFAULT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch's, and another file at the address of squeezenet1_1's weights."""
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    publish(tmp_path, monkeypatch)
    return tmp_path / "torch" / "hub" / "checkpoints"


def publish(root: Path, monkeypatch: pytest.MonkeyPatch, digits: str | None = None) -> Path:
    torch.manual_seed(0)
    torch.save(models.squeezenet1_1().state_dict(), root / "new.pth")
    checksum = sha256((root / "new.pth").read_bytes()).hexdigest()
    path = (root / "new.pth").rename(root / f"squeezenet1_1-{digits or checksum[:8]}.pth")
    monkeypatch.setattr(CHOICE.value, "url", path.as_uri())
    return path


def test_published_weights_are_fetched_and_kept_in_the_cache(
    cache: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = pretrained.published_weights("squeezenet1_1")
    expected = torch.load(next(tmp_path.glob("*.pth")))
    assert found.weights.keys() == expected.keys()
    assert all(torch.equal(found.weights[name], expected[name]) for name in expected)
    assert (found.place, found.classes) == (CHOICE.url, None)
    next(tmp_path.glob("*.pth")).unlink()
    assert pretrained.published_weights("squeezenet1_1").weights.keys() == expected.keys()
    assert len([*cache.iterdir()]) == 1
    assert "100%" not in capfd.readouterr().err


def test_without_a_network_the_address_and_the_place_to_put_the_file_are_named(
    cache: Path, tmp_path: Path
) -> None:
    next(tmp_path.glob("*.pth")).unlink()
    with pytest.raises(UserError) as caught:
        pretrained.published_weights("squeezenet1_1")
    message = str(caught.value)
    assert message.startswith(f"params.yaml: train.weights default: {CHOICE.url} cannot be fetched")
    assert f"store it as {cache / Path(CHOICE.url).name}, or set train.weights" in message


def test_another_file_at_the_address_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, monkeypatch, "00000000")
    with pytest.raises(UserError, match=r"cannot be fetched .*invalid hash"):
        pretrained.published_weights("squeezenet1_1")
    assert not [*cache.iterdir()]


def test_a_damaged_file_in_the_cache_is_refused(cache: Path) -> None:
    path = cache / Path(CHOICE.url).name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    with pytest.raises(
        UserError, match=r"its sha256 is .*; delete it, and run the stage again to download it"
    ):
        pretrained.published_weights("squeezenet1_1")


@pytest.mark.usefixtures("cache")
def test_inceptions_second_head_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.device("meta"):
        network = models.inception_v3(init_weights=False)
    assert "AuxLogits.fc.weight" in network.state_dict()
    monkeypatch.setattr(models, "get_model", lambda *_, **__: network)
    found = pretrained.published_weights("inception_v3")
    assert "fc.weight" in found.weights
    assert not [name for name in found.weights if "aux" in name.lower()]
