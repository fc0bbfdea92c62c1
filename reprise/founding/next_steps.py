"""The messages of `reprise new`: the source of the files, and the commands to run next."""

import shlex
from collections.abc import Iterator

from reprise.escaping import printable
from reprise.founding.answers import Choices
from reprise.founding.parameter_lines import values
from reprise.founding.upstream import Upstream


def taken(origin: Upstream, revision: str | None) -> Iterator[str]:
    """Yield what is taken, and what of a clone is not."""
    dirty = origin.git.run("status", "--porcelain", "--untracked-files=no").stdout
    yield f"taking the files of {origin.name}"
    if dirty and not revision:
        yield f"not taken: what is changed in {origin.git.folder} and not committed"


def after(folder: str, given: Choices, params: str) -> Iterator[str]:
    """Yield what is there, what is missing, and the commands that go on."""
    recipe = f"recipe {given.recipe}"
    yield f"{printable(folder)}: a repository of your own, with {recipe} in params.yaml"
    named, there = values(params), f"cd {shlex.quote(folder)}"
    dataset, path = named["download.dataset"].text, named["download.path"].text
    if given.images is None and dataset == "folder":
        yield f"before it runs: your images in its folder {path}, a folder for each class"
    elif given.images and "://" not in given.images:
        yield "your images stay where they are; a colleague without them gets what `dvc push`"
        yield "keeps (data/raw has them all), and runs `dvc repro --pull --allow-missing`"
    weights = named["train.weights"].text
    if weights.startswith("models/"):
        yield f"before it runs: {weights}; docs/data.md says where to get it"
    if named["train.network"].text == "timm":
        yield f"this recipe needs the extra timm: `{there} && make install EXTRAS=timm`"
    yield f"next: `{there} && make repro`; README.md has the rest"
