"""A model of a Git revision: a tag or branch that is moved gives another model."""

import os
import subprocess
from pathlib import Path
from time import monotonic

from reprise import dvc_model
from reprise.serving.deployment import Deployed, ModelFile

LOOK = 30.0  # seconds between two questions to the repository
PATIENCE = 20.0  # seconds that it has for an answer


class ModelRevision:
    """The model that a revision of a repository has, by Git and DVC."""

    def __init__(self, place: tuple[str, str], model: ModelFile) -> None:
        """Take address and revision of the repository, and the file within it."""
        self._url, self._rev = place
        self._model = model
        self._told, self._until = "", 0.0  # what the repository said last; until when it holds

    def seen(self) -> object | None:
        """Return what the revision stands for; None while the repository does not answer.

        A hash is no name that the repository lists: it stands for the same commit for ever.
        """
        if monotonic() >= self._until:
            self._told, self._until = self._asked(), monotonic() + LOOK
        return self._told or None

    def load(self) -> Deployed:
        """Fetch, load and try the model.

        Raises:
            ModelError: it cannot be had, or not be used.
        """
        self._until = 0.0  # who loads it at once, by SIGHUP, has not waited
        path = dvc_model.fetch(self._url, self._rev, self._model.path.as_posix())
        return self._model._replace(path=Path(path)).load()

    def _asked(self) -> str:
        """Return the references of the name, with a line where there is none."""
        try:
            done = subprocess.run(  # noqa: S603
                ["git", "ls-remote", "--", self._url, self._rev, f"{self._rev}^{{}}"],  # noqa: S607
                capture_output=True,
                encoding="utf-8",
                timeout=PATIENCE,
                env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return "" if done.returncode else f"{self._rev}\n{done.stdout}"
