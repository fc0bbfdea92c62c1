"""The named sets: classification sets that torchvision knows and that download by themselves.

Left out are those that come from Google Drive alone (Caltech, CelebA, PCAM) or by hand (ImageNet,
Stanford Cars, FER2013, LFW), those that share no class between their parts (Omniglot) and video.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

SetName = Literal[
    "mnist", "fashion_mnist", "kmnist", "emnist", "qmnist", "usps", "semeion",
    "cifar10", "cifar100", "svhn", "stl10", "gtsrb", "eurosat", "dtd",
    "flowers102", "oxford_pets", "food101", "fgvc_aircraft", "sun397", "places365", "country211",
    "imagenette", "imagenette_320px", "imagenette_160px", "rendered_sst2", "clevr_count",
    "inaturalist_mini",
]  # fmt: skip
NAMES: tuple[SetName, ...] = get_args(SetName)
EmnistSplit = Literal["balanced", "byclass", "bymerge", "letters", "digits", "mnist"]
Arguments = Mapping[str, object]
Samples = Iterable[tuple[Any, int]]  # a path, or a picture where arrays are published; its label

DIGITS = tuple("0123456789")
SIGNS = tuple(f"{sign:02}" for sign in range(43))
COUNTS = tuple(str(count) for count in range(11))


def _in_order(dataset: Any) -> Samples:  # noqa: ANN401
    """Yield one sample after the other, so that one picture at a time is in memory."""
    return (dataset[index] for index in range(len(dataset)))


class Entry(NamedTuple):
    """Class and arguments by which torchvision constructs a set."""

    kind: str  # the class in torchvision.datasets
    splits: Mapping[str, Arguments]  # the arguments that choose a split
    names: str | tuple[str, ...] = "classes"  # of the classes, or the attribute that holds them
    first: int = 0  # the label of the first class
    samples: Callable[[Any], Samples] = _in_order
    arguments: Arguments = MappingProxyType({})  # of all splits


def _by_split(train: str = "train", val: str = "", test: str = "") -> dict[str, Arguments]:
    """Map Reprise's splits to torchvision's names; an empty name means no such split."""
    names = {"train": train, "val": val, "test": test}
    return {split: {"split": name} for split, name in names.items() if name}


BY_TRAIN_FLAG: dict[str, Arguments] = {"train": {"train": True}, "test": {"train": False}}
TRAIN_TEST = _by_split(test="test")
TRAIN_VAL_TEST = _by_split(val="val", test="test")
TRAIN_ONLY: dict[str, Arguments] = {"train": {}}
VERSIONS: dict[str, Arguments] = {
    "train": {"version": "2021_train_mini"},
    "val": {"version": "2021_valid"},
}
PLACES = _by_split("train-standard", val="val")

SETS: dict[SetName, Entry] = {
    "mnist": Entry("MNIST", BY_TRAIN_FLAG),
    "fashion_mnist": Entry("FashionMNIST", BY_TRAIN_FLAG),
    "kmnist": Entry("KMNIST", BY_TRAIN_FLAG),
    "emnist": Entry("EMNIST", BY_TRAIN_FLAG),
    "qmnist": Entry("QMNIST", BY_TRAIN_FLAG),
    "usps": Entry("USPS", BY_TRAIN_FLAG, DIGITS),
    "semeion": Entry("SEMEION", TRAIN_ONLY, DIGITS),
    "cifar10": Entry("CIFAR10", BY_TRAIN_FLAG),
    "cifar100": Entry("CIFAR100", BY_TRAIN_FLAG),
    "svhn": Entry("SVHN", TRAIN_TEST, DIGITS),
    "stl10": Entry("STL10", TRAIN_TEST),
    "gtsrb": Entry("GTSRB", TRAIN_TEST, SIGNS, samples=attrgetter("_samples")),
    "eurosat": Entry("EuroSAT", TRAIN_ONLY),
    "dtd": Entry("DTD", TRAIN_VAL_TEST),
    "flowers102": Entry("Flowers102", TRAIN_VAL_TEST),
    "oxford_pets": Entry(
        "OxfordIIITPet",
        _by_split("trainval", test="test"),
        samples=lambda pets: zip(*attrgetter("_images", "_labels")(pets), strict=True),
    ),
    "food101": Entry("Food101", TRAIN_TEST),
    "fgvc_aircraft": Entry("FGVCAircraft", TRAIN_VAL_TEST),
    "sun397": Entry("SUN397", TRAIN_ONLY),
    "places365": Entry("Places365", PLACES, arguments={"small": True}),
    "country211": Entry("Country211", _by_split(val="valid", test="test")),
    "imagenette": Entry("Imagenette", _by_split(val="val")),
    "imagenette_320px": Entry("Imagenette", _by_split(val="val"), arguments={"size": "320px"}),
    "imagenette_160px": Entry("Imagenette", _by_split(val="val"), arguments={"size": "160px"}),
    "rendered_sst2": Entry("RenderedSST2", TRAIN_VAL_TEST),
    # Scenes of 3 to 10 objects; the labels of its test split were never published.
    "clevr_count": Entry("CLEVRClassification", _by_split(val="val"), COUNTS, first=3),
    "inaturalist_mini": Entry("INaturalist", VERSIONS, "all_categories"),
}
