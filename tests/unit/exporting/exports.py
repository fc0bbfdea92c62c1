"""What the tests of exporting share: a tiny classifier with its images and parameters."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from toys import CARD, INTERFACE, split, untrained

from reprise.rule import Rule
from stages.artifacts import classifier
from stages.artifacts.classifier import Card, Classifier
from stages.artifacts.exported import Files
from stages.artifacts.splits import Meta
from stages.deciding import decide
from stages.exporting.conversion import Conversion, Data
from stages.exporting.inference import Inference, Job, Outputs, collect

# Each threshold parts the ten images of the untrained classifier.
RULE = Rule(0.545, 0.452, -1.72895, "precision", 0.9, 0.1, 0.1)
IMAGES = torch.from_numpy(split(10).images)
DATA = Data(
    split(20, 1),
    split(10),
    [f"{index}.png" for index in range(10)],
    Meta(
        interface=INTERFACE, counts={"train": 20, "val": 4, "test": 10}, excluded={"bad.png": "?"}
    ),
    RULE,
)
PARAMS = Conversion(
    formats=("onnx",),
    opset=20,
    input="uint8",
    with_resizing=False,
    calibration=8,
    tolerance=1e-4,
    int8_tolerance=0.5,
    on_unsupported="fail",
    license="MIT",
    version="1.2",
    batch_size=4,
    device="cpu",
    kernels="portable",
    deterministic=True,
    tf32=False,
    threads=1,
)
WARM = CARD.model_copy(update={"temperature": 2.5})


@cache
def operators() -> object:
    """Return ONNX's operators, which torch looks up in every conversion, for a second each time."""
    return lazy._LazyModule(apis._name).get_torchlib_ops()


lazy: Any = import_module("torch.onnx._internal._lazy_import")
apis = lazy.onnxscript_apis
apis.get_torchlib_ops = operators


class Branching(nn.Module):
    """Do one thing or another, as the values are: no format can express it."""

    def forward(self, images: Tensor) -> Tensor:
        means = images.mean((1, 2, 3))
        if means.sum() > 0:
            means = means * 2
        return torch.stack([means, -means], 1)


def warm(network: nn.Module | None = None) -> Classifier:
    """Return a classifier that divides its logits."""
    return Classifier(WARM, network or untrained().network)


def job(network: nn.Module | None = None, params: Conversion = PARAMS) -> Job:
    return Job(warm(network), torch.from_numpy(DATA.train.images), params, RULE)


def expected(images: Tensor = IMAGES, network: nn.Module | None = None) -> Outputs:
    """Return what the classifier says of stored images."""
    with torch.inference_mode():
        logits = warm(network).whole()(images)
    shares = (logits / WARM.temperature).softmax(1)
    return Outputs(logits, shares, *decide(logits, shares, RULE, WARM.temperature))


def close(found: Outputs, wanted: Outputs) -> None:
    torch.testing.assert_close(found.logits, wanted.logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.probabilities, wanted.probabilities, rtol=1e-4, atol=1e-5)
    for flags, others in zip(found[2:], wanted[2:], strict=True):
        torch.testing.assert_close(flags, others)


def weighing(job: Job) -> Files:
    """Convert to a format of two files, the classifier's card and its weights."""
    card = job.classifier.card.model_dump_json().encode()
    return {
        "pair/card.json": card,
        "pair/weights/data.bin": save(job.classifier.network.state_dict()),
    }


def copying(files: Files | None, batches: Iterable[Tensor], threads: int) -> Outputs:
    """Predict with the files of that format; without, as the classifier does."""
    torch.set_num_threads(threads)
    source = warm()
    if files is not None:
        source = classifier.build(Card.model_validate_json(files["pair/card.json"]))
        source.network.load_state_dict(load(files["pair/weights/data.bin"]))
    with torch.inference_mode():
        return collect(Inference(source, PARAMS, RULE)(images) for images in batches)
