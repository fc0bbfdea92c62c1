"""A repository of one's own: made from 30 pictures, edited, upgraded, checked and relocked."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from colleagues import commit
from conftest import Clone
from PIL import Image as Picture

NET, SCORES = "stages/nets/custom.py", "stages/scores.py"
SHORT = ("preprocess.image_size=[8, 8]", "train.epochs=1", "train.network=custom")


def draw(folder: Path) -> None:
    """Draw 15 red and 15 blue pictures."""
    rng = np.random.default_rng(0)
    for name, base in (("red", (200, 40, 40)), ("blue", (40, 40, 200))):
        (folder / name).mkdir(parents=True)
        for index in range(15):
            noise = rng.integers(-40, 40, (12, 12, 3))
            pixels = (np.array(base) + noise).clip(0, 255).astype(np.uint8)
            Picture.fromarray(pixels).save(folder / name / f"{index}.png")


def edit(clone: Clone, path: str, old: str, new: str) -> None:
    place = clone.root / path
    text = place.read_text("utf-8")
    assert old in text
    place.write_text(text.replace(old, new, 1), "utf-8")


def reprise(clone: Clone, *words: str, code: int = 0) -> str:
    return clone.run("python", "-m", "reprise", *words, code=code)


@pytest.fixture(scope="module")
def ours(clone: Callable[[str], Clone]) -> Clone:
    return clone("ours")


@pytest.fixture(scope="module")
def mine(ours: Clone) -> Clone:
    """Return a repository that `reprise new` made, in which training ran and was committed."""
    draw(ours.root.with_name("photos"))
    settings = [word for setting in SHORT for word in ("-S", setting)]
    reprise(ours, "new", "../mine", "--images", "../photos", *settings)
    made = Clone(ours.root.with_name("mine"))
    assert "no stage has run yet" in reprise(made, "check")
    assert "3 passed" in made.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "which Reprise? `--from` names" in reprise(made, "new", "../other", code=1)
    made.run("dvc", "repro", "train")
    commit(made, "First run")
    return made


def test_pytest_finds_one_configuration_there() -> None:
    """It warns of others beside pytest.ini."""
    assert Path("template/files/pytest.ini").exists()
    assert "pytest" not in tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]


def test_an_upgrade_is_merged_and_relocked(ours: Clone, mine: Clone) -> None:
    edit(mine, "params.yaml", "  patience: null ", "  patience: 3    ")
    edit(mine, NET, "FILTERS = 32", "FILTERS = 16 * 2")
    commit(mine, "Mine")
    edit(ours, SCORES, "import", "# Other words.\nimport")
    edit(ours, NET, "    def forward(", "    # Of a batch.\n    def forward(")
    edit(ours, "params.yaml", "passes over the training split", "passes over train")
    commit(ours, "Newer")
    printed = reprise(mine, "upgrade", "--from", str(ours.root))
    assert (
        "  train: code (stages/nets, stages/scores.py), parameters and versions (train)" in printed
    )
    params = (mine.root / "params.yaml").read_text("utf-8")
    assert "  epochs: 1             # passes over train" in params
    assert "  patience: 3 " in params

    lock = (mine.root / "dvc.lock").read_bytes()
    told = reprise(mine, "relock", "train", code=1)
    assert "train.patience is 3, and was null" in told
    assert f"{NET}: lines outside of functions changed" in told
    assert (mine.root / "dvc.lock").read_bytes() == lock

    edit(mine, "params.yaml", "  patience: 3    ", "  patience: null ")
    edit(mine, NET, "FILTERS = 16 * 2", "FILTERS = 32")
    classifier = mine.root / "models/classifier.safetensors"
    whole = classifier.read_bytes()
    classifier.unlink()
    classifier.write_bytes(whole[:-1])
    told = reprise(mine, "relock", "train", code=1)
    assert "models/classifier.safetensors is not what dvc.lock says: `dvc checkout`" in told
    assert (mine.root / "dvc.lock").read_bytes() == lock

    mine.run("dvc", "checkout", "--force", "models/classifier.safetensors")
    told = reprise(mine, "relock", "train")
    assert f"the same in other words: {NET}, {SCORES}" in told
    assert "up to date" in mine.run("dvc", "status", "train")
    changed = mine.run("git", "diff", "--unified=0", "dvc.lock").splitlines()
    assert len([line for line in changed if line.startswith("+    ")]) <= 6  # md5 and size of two
    assert classifier.read_bytes() == whole


def test_what_could_differ_is_not_recorded(mine: Clone) -> None:
    blocks = mine.root / "stages/nets/blocks.py"
    blocks.write_text('"""Blocks, 8 wide."""\n\nWIDTH = int(__doc__.split()[1])\n', "utf-8")
    edit(mine, NET, "import torch", "import torch\nfrom .blocks import WIDTH")
    mine.run("dvc", "commit", "--quiet", "--force", "train")  # as if it had run
    commit(mine, "Blocks")
    lock = (mine.root / "dvc.lock").read_bytes()
    edit(mine, "stages/nets/blocks.py", "8 wide", "16 wide")
    told = reprise(mine, "relock", "train", code=1)
    assert "stages/nets/blocks.py: uses __doc__" in told
    edit(mine, "stages/nets/blocks.py", "16 wide", "8 wide")

    edit(mine, NET, "import torch", "# Words.\nimport torch")
    edit(mine, "dvc.yaml", "torch, torchvision]", "torchvision]")  # of train, the first
    told = reprise(mine, "relock", "train", code=1)
    assert "versions.yaml: torch is in dvc.lock, and dvc.yaml names it no more" in told
    edit(mine, "dvc.yaml", "      - stages/batches.py\n", "")
    told = reprise(mine, "relock", "train", code=1)
    assert "until dvc.yaml is whole, nothing is recorded" in told
    assert (mine.root / "dvc.lock").read_bytes() == lock
