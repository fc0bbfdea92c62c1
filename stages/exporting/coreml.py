"""Format Core ML: an ML Program in a package, for iPhones from iOS 16 on and for Macs.

Core ML takes a picture for an input and has no bool, so `images` is an image of height x width and
`answered`, `sets` and `ood` are 0 or 1 as float32; one image at a time. The description stands in
the metadata that the file's user defines, under the key `reprise`. Core ML runs on macOS alone.
"""

import json
import tempfile
import uuid
import warnings
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reprise.metadata import KEY, parse
from stages.artifacts.exported import Files
from stages.exporting.extras import installed
from stages.exporting.inference import Job, UnsupportedError, quiet
from stages.exporting.onnx import NAMES
from stages.exporting.torchscript import deprecated

PACKAGE = "model.mlpackage"
MANIFEST = f"{PACKAGE}/Manifest.json"
SPECIFICATION = f"{PACKAGE}/Data/com.apple.CoreML/model.mlmodel"
DATED = "com.github.apple.coremltools.conversion_date"
UNTRIED = "Core ML runs on macOS alone; its specification was checked, not its predictions"


class Pictured(nn.Module):
    """A network that takes its images as Core ML does, float32 [1, C, H, W] in [0, 255]."""

    def __init__(self, network: nn.Module) -> None:
        """Wrap a network of images [B, H, W, C]."""
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs of the network."""
        outputs: tuple[Tensor, ...] = self.network(images.permute(0, 2, 3, 1))
        return outputs


def convert(job: Job) -> Files:
    """Return the package of the network, with a specification that was checked.

    Raises:
        UnsupportedError: coremltools is not installed, or wrote something else.
    """
    with installed("coreml"), quiet():  # it warns of every version that it was not tried with
        import coremltools as ct  # noqa: PLC0415  # of an extra

    example = job.examples[:1].permute(0, 3, 1, 2).float().contiguous()
    with deprecated(), quiet(), torch.no_grad():
        traced = torch.jit.trace(_plain(job, example), (example,), check_trace=False)
    with quiet(), tempfile.TemporaryDirectory() as folder:
        with warnings.catch_warnings():  # it leaves a folder to the garbage collector
            warnings.simplefilter("ignore", ResourceWarning)
            model = ct.convert(
                traced, **_options(ct, job, example), package_dir=f"{folder}/{PACKAGE}"
            )
        specification = _described(model.get_spec(), job)
        check(specification, job)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"), key=attrgetter("parts"))
            if path.is_file()
        }
    files[SPECIFICATION] = specification.SerializeToString(deterministic=True)
    files[MANIFEST] = _identified(files[MANIFEST])
    return files


def _plain(job: Job, example: Tensor) -> nn.Module:
    """Return the graph of the network with operators that coremltools knows.

    In the graph of torch.export no size is computed, which coremltools could not do, either.
    """
    module = torch.export.export(Pictured(job.network), (example,)).module()
    graph: torch.fx.Graph = module.graph
    for node in graph.nodes:
        node.target = KNOWN.get(node.target, node.target)
    module.recompile()
    return module


def addcmul(base: Tensor, one: Tensor, other: Tensor, *, value: float = 1) -> Tensor:
    """Add a product, by two operators."""
    return base + (one * other if value == 1 else value * one * other)


def alias(tensor: Tensor) -> Tensor:
    """Give a tensor another name."""
    return tensor


KNOWN: dict[Any, Any] = {  # by an operator that coremltools does not know
    torch.ops.aten.addcmul.default: addcmul,
    torch.ops.aten.alias.default: alias,
    torch.ops.aten.__or__.Tensor: torch.logical_or,
    torch.ops.aten.__and__.Tensor: torch.logical_and,
}


def _options(ct: Any, job: Job, example: Tensor) -> dict[str, Any]:  # noqa: ANN401  # untyped
    """Return the interface of the model: an image in, tensors out, all in fp32."""
    metadata = parse(job.description)
    layout = "GRAYSCALE" if metadata.spec.channels == 1 else "RGB"
    scale = 1 / 255 if metadata.input == "float" else 1.0  # the network multiplies it again
    image = ct.ImageType("images", example.shape, scale, color_layout=ct.colorlayout[layout])
    return {
        "inputs": [image],
        "outputs": [ct.TensorType(name) for name in NAMES],
        "convert_to": "mlprogram",
        "minimum_deployment_target": ct.target.iOS16,
        "compute_precision": ct.precision.FLOAT32,
        "skip_model_load": True,  # on a Mac, which would compile it
    }


def _described(specification: Any, job: Job) -> Any:  # noqa: ANN401  # untyped
    """Replace the notes of coremltools, the date and the build of PyTorch among them, by ours."""
    metadata, said = specification.description.metadata, parse(job.description)
    metadata.userDefined.clear()
    metadata.userDefined[KEY] = job.description
    metadata.license, metadata.versionString = said.license, said.version
    return specification


def check(specification: Any, job: Job) -> None:  # noqa: ANN401  # untyped
    """Compare what a specification says of its input and outputs with the classifier's.

    Raises:
        UnsupportedError: it has other names or sizes.
    """
    spec, classes = parse(job.description).spec, len(parse(job.description).classes)
    described = specification.description
    taken = {one.name: one.type.imageType for one in described.input}
    given = {one.name: [*one.type.multiArrayType.shape] for one in described.output}
    sizes = {name: (each.height, each.width) for name, each in taken.items()}
    wide, single = [1, classes], [1]
    wanted = dict(zip(NAMES, (wide, wide, single, wide, single), strict=True))
    if sizes != {"images": (spec.height, spec.width)} or given != wanted:
        raise UnsupportedError(
            f"coremltools wrote a model of {sizes} to {given}, expected are images of "
            f"{spec.height} x {spec.width} to {wanted}"
        )


def _identified(manifest: bytes) -> bytes:
    """Name the files of a package by their paths; coremltools draws other names every time."""
    said = json.loads(manifest)
    names = {
        old: str(uuid.uuid5(uuid.NAMESPACE_URL, entry["path"]))
        for old, entry in said["itemInfoEntries"].items()
    }
    said["itemInfoEntries"] = {names[old]: one for old, one in said["itemInfoEntries"].items()}
    said["rootModelIdentifier"] = names[said["rootModelIdentifier"]]
    return json.dumps(said, indent=4, sort_keys=True).encode()
