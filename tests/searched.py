"""Studies for tests of the search: of a file, without DVC."""

from pathlib import Path
from typing import Any

from tools.searching import ranges, storage, study
from tools.searching.design import Design, Search
from tools.searching.study import Opened

RANGES: dict[str, Any] = {
    "train.lr": {"low": 1e-4, "high": 0.1, "log": True},
    "train.epochs": {"low": 1, "high": 9},
    "train.network": ["mlp", "cnn"],
}
DEFAULT = {"train.lr": 0.005, "train.epochs": 5, "train.network": "cnn"}


def design(trials: int = 12, **params: object) -> Design:
    """Return what is searched: a maximum of val_accuracy."""
    told = {"aim": "val_accuracy", "seed": 0, "sampler": "tpe", "prune": "none"}
    found = {
        name: ranges.parse(what, whole=name == "train.epochs") for name, what in RANGES.items()
    }
    return Design(Search.model_validate({**told, "trials": trials, **params}), found, DEFAULT)


def opened(root: Path, wanted: Design, digest: str = "0a") -> Opened:
    """Open a study in a folder."""
    made = study.opened(storage.opened(f"sqlite:///{root}/studies.db"), wanted, digest)
    made.left()  # whoever asks sees that all trials are there
    return made


def score(settings: dict[str, Any]) -> float:
    """Return the score of parameters: best at a learning rate of 0.01 and the CNN."""
    given = {**DEFAULT, **settings}
    near = 1 / (1 + abs(float(given["train.lr"]) - 0.01) * 100)
    cnn, epochs = given["train.network"] == "cnn", int(str(given["train.epochs"]))
    return float(near + 0.1 * cnn + 0.01 * epochs)
