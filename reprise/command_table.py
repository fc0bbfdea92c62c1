"""The commands of `reprise`: what each does, and the module that does it."""

from typing import NamedTuple

MODEL = "a trained model, anywhere"
OWN = "a repository of your own, by Git"
PROJECT = "in a folder of Reprise, whose pipeline runs by `dvc repro`"
SHELL = "your shell"


class Command(NamedTuple):
    """A command: a module of this package, or of the Reprise repository one stands in."""

    group: str
    does: str  # in one line
    module: str  # `main(arguments) -> int` of reprise, or run as `python -m`
    leading: tuple[str, ...] = ()  # arguments that come before those of the user

    @property
    def is_tool(self) -> bool:
        """Return whether it runs in a repository."""
        return not self.module.startswith("reprise.")


COMMANDS = {
    "predict": Command(MODEL, "print the classes of pictures", "reprise.predict"),
    "serve": Command(MODEL, "answer over HTTP, with a page to try it", "reprise.serving.serve"),
    "demo": Command(MODEL, "write that page, to work without a server", "reprise.demo.demo"),
    "new": Command(OWN, "make one: new ../mine", "reprise.founding.new"),
    "upgrade": Command(OWN, "merge a newer Reprise into it", "reprise.founding.upgrade"),
    "draw-clothes": Command(
        OWN, "draw photographs, to try it with", "reprise.clothes.draw_clothes"
    ),
    "recipe": Command(PROJECT, "start from a classic: recipe mnist_cnn", "tools.recipe"),
    "find-lr": Command(PROJECT, "draw the loss over the learning rate", "tools.find_lr"),
    "experiments": Command(PROJECT, "list experiments and their scores", "tools.experiments"),
    "compare": Command(PROJECT, "is B better, or is it chance: compare A B", "tools.compare"),
    "repeat": Command(PROJECT, "train with other seeds: repeat 5", "tools.repeat"),
    "folds": Command(PROJECT, "cross-validate: folds 5", "tools.folds"),
    "search": Command(PROJECT, "search for good parameters", "tools.search", ("run",)),
    "search-apply": Command(PROJECT, "set the best in params.yaml", "tools.search", ("apply",)),
    "search-board": Command(PROJECT, "open Optuna's dashboard", "tools.search", ("board",)),
    "board": Command(PROJECT, "open TensorBoard", "tools.board"),
    "plots": Command(PROJECT, "dvc plots, as a page without a network", "tools.offline_plots"),
    "publish": Command(PROJECT, "send the model to the Hugging Face hub", "tools.publish"),
    "check": Command(PROJECT, "are parameters, graph and dvc.lock whole", "tools.check"),
    "relock": Command(PROJECT, "spare stages a run for new comments", "tools.relock"),
    "verify": Command(PROJECT, "compute the last commit again, and compare", "tools.verify"),
    "verify-cache": Command(PROJECT, "are cached files as they were", "tools.verify_cache"),
    "versions": Command(PROJECT, "write the installed versions down", "tools.pin_versions"),
    "completion": Command(SHELL, "print what completes these commands", "reprise.completion"),
}
