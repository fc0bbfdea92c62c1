"""Questions on a terminal: a default is shown, and a wrong answer asked for again."""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TypeVar

from reprise.founding.answers import Choices, recipes, require_recipe, summary
from reprise.founding.fast_import import Blob
from reprise.founding.given_places import require_images
from reprise.founding.plumbing import FoundingError
from reprise.streams import say

DEFAULT = "photos"
AnswerT = TypeVar("AnswerT")
WHERE = """\
Where are your images? A folder with a folder for each class, an archive of one, a table of files,
or an address (https://...). Empty: they come later, into data/source of the new repository."""


def answers(options: Namespace, name: str, files: Mapping[str, Blob]) -> Choices:
    """Return the answers to the questions that the options leave open.

    Without a terminal, and with `--yes`, nothing is asked.

    Raises:
        FoundingError: an option is wrong.
    """
    known = recipes(files)
    asks = not options.yes and sys.stdin.isatty()
    images, recipe = options.images, options.recipe
    images = require_images(images) if images else None
    recipe = require_recipe(recipe, known) if recipe else None
    if asks and options.images is None:
        images = _asked(f"{WHERE}\nimages: ", lambda text: require_images(text) if text else None)
    if asks and recipe is None:
        rows = (f"  {one:20}  {summary(files[f'recipes/{one}.yaml'])}" for one in known)
        question = "\n".join(["Which recipe?", *rows, f"recipe [{DEFAULT}]: "])
        recipe = _asked(question, lambda text: require_recipe(text or DEFAULT, known))
    settings = tuple(options.set)
    return Choices(name, recipe or DEFAULT, images, settings, options.remote)


def _asked(question: str, checked: Callable[[str], AnswerT]) -> AnswerT:
    """Return the answer to a question, whose last line is asked until it is a good one.

    Raises:
        FoundingError: the input ends.
    """
    told, _, prompt = question.rpartition("\n")
    say(told)
    while True:
        try:
            text = input(prompt).strip()
        except EOFError as error:
            raise FoundingError("the input has ended, and nothing was made") from error
        try:
            return checked(text)
        except FoundingError as error:
            print(error, file=sys.stderr)
