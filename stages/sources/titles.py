"""Name a data set for people, as a function of the parameters alone."""

from pathlib import PurePosixPath

from stages.address import public

# Named sets whose published name is not their parameter in capitals.
PUBLISHED = {
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "clevr_count": "CLEVR, counting",
    "country211": "Country211",
    "digits": "Digits",
    "eurosat": "EuroSAT",
    "fashion_mnist": "Fashion-MNIST",
    "fgvc_aircraft": "FGVC-Aircraft",
    "flowers102": "Oxford Flowers-102",
    "food101": "Food-101",
    "imagenette": "Imagenette",
    "imagenette_160px": "Imagenette, 160 pixels",
    "imagenette_320px": "Imagenette, 320 pixels",
    "inaturalist_mini": "iNaturalist 2021 mini",
    "oxford_pets": "Oxford-IIIT Pets",
    "places365": "Places365",
    "rendered_sst2": "Rendered SST-2",
    "semeion": "Semeion",
    "stl10": "STL-10",
}
OWN = ("folder", "pairs", "table", "parquet")  # layouts of the user's images
NAMELESS = {"", ".", "..", "data", "download", "images", "img", "raw", "source"}  # say nothing
ENDINGS = {".bz2", ".gz", ".parquet", ".tar", ".tgz", ".zip", ".zst"}  # of archives


def titled(dataset: str, place: str, repository: str | None = None, part: str = "") -> str:
    """Return the name of a data set; empty where its place has none that says anything.

    `place` is the path or address of the user's images, of which the last part alone is taken;
    `part` is that of EMNIST.
    """
    if dataset == "hub":
        return public(repository or "")
    if dataset == "emnist":
        return f"EMNIST {part}".strip()
    return _stem(place) if dataset in OWN else PUBLISHED.get(dataset, dataset.upper())


def _stem(place: str) -> str:
    """Return the last part of a path or address, without the endings of an archive."""
    name = PurePosixPath(public(place.replace("\\", "/")))
    while name.suffix.lower() in ENDINGS:
        name = name.with_suffix("")
    return "" if name.name.lower() in NAMELESS else name.name.replace("_", " ")
