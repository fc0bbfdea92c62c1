import json
from pathlib import Path

import pytest
import torch
from exports import IMAGES, PARAMS, Branching, expected, job
from torch import nn

from stages.artifacts.exported import Files
from stages.exporting import coreml
from stages.exporting.coreml import MANIFEST, PACKAGE, SPECIFICATION, Pictured
from stages.exporting.inference import UnsupportedError, quiet
from stages.exporting.onnx import NAMES

pytest.importorskip("coremltools")


@pytest.fixture(scope="module")
def model() -> Files:
    return coreml.convert(job())


def read(files: Files) -> object:
    with quiet():
        from coremltools.proto import Model_pb2  # noqa: PLC0415  # warns of every version

    return Model_pb2.Model.FromString(files[SPECIFICATION])


def test_the_same_network_is_the_same_bytes(model: Files) -> None:
    assert coreml.convert(job()) == model


def test_no_path_and_no_date_of_this_machine_is_inside(model: Files) -> None:
    assert str(Path.cwd()).encode() not in b"".join(model.values())
    notes = read(model).description.metadata  # type: ignore[attr-defined]
    assert dict(notes.userDefined) == {"reprise": job().description}
    assert (notes.license, notes.versionString) == ("MIT", "1.2")


def test_it_is_a_package_that_coremltools_opens(model: Files, tmp_path: Path) -> None:
    for path, content in model.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    with quiet():
        import coremltools  # noqa: PLC0415  # warns of every version

        opened = coremltools.models.MLModel(str(tmp_path / PACKAGE), skip_model_load=True)
    assert opened.get_spec().WhichOneof("Type") == "mlProgram"
    entries = json.loads(model[MANIFEST])["itemInfoEntries"].values()
    root = tmp_path / PACKAGE / "Data"
    assert all((root / entry["path"]).exists() for entry in entries)


def test_a_picture_goes_in_and_tensors_come_out(model: Files) -> None:
    described = read(model).description  # type: ignore[attr-defined]
    (image,) = described.input
    assert (image.name, image.type.imageType.height, image.type.imageType.width) == ("images", 4, 5)
    assert [one.name for one in described.output] == NAMES


@pytest.mark.parametrize("given", ["uint8", "float"])
def test_what_is_converted_gives_the_outputs_of_the_classifier(given: str) -> None:
    """Core ML runs nowhere but on macOS: here, the graph is, of which it is made."""
    params = PARAMS.model_copy(update={"input": given})
    one = job(params=params)
    pixels = IMAGES.permute(0, 3, 1, 2).float() / (255 if given == "float" else 1)
    with torch.no_grad():
        graph = coreml._plain(one, pixels[:1])
        found = [torch.cat(parts) for parts in zip(*map(graph, pixels.split(1)), strict=True)]
    for name, part, wanted in zip(NAMES, found, expected(), strict=True):
        torch.testing.assert_close(part, wanted, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize(("given", "scale"), [("uint8", 1), ("float", 1 / 255)])
def test_pixels_are_scaled_to_what_the_network_takes(given: str, scale: float) -> None:
    """The picture's pixels are in [0, 255] in either case; in fp32 they are multiplied by this."""
    options = coreml._options(
        pytest.importorskip("coremltools"),
        job(params=PARAMS.model_copy(update={"input": given})),
        torch.zeros(1, 1, 4, 5),
    )
    assert options["inputs"][0].scale == scale


class Untold(nn.Module):
    """Give three classes, where the card has two."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :3]


def test_a_specification_of_other_sizes_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"expected are images of 4 x 5 to .*\[1, 2\]"):
        coreml.convert(job(Untold()))


def test_a_network_wraps_what_takes_channels_last() -> None:
    one = job()
    with torch.no_grad():
        found = Pictured(one.network)(IMAGES.permute(0, 3, 1, 2).float())[0]
    torch.testing.assert_close(found, expected().logits, rtol=1e-4, atol=1e-5)


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        coreml.convert(job(Branching()))
