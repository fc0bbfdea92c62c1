"""Tell whether the scored split was published, so that every run scores the same images."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from stages import sections
from stages.artifacts import download_metrics
from stages.errors import UserError
from stages.params import PATH
from tools.provenance import lockfile
from tools.repeating.variants import parameter

LOCK = Path("dvc.lock")


def require_unpublished(settings: Sequence[str]) -> None:
    """Refuse to split anew, before the runs, where the split that they score was published.

    What is not known before, as of images that were not downloaded yet, is judged by the runs.

    Raises:
        UserError: it was.
    """
    values = _values(settings)
    split = str(values.get("evaluate.split"))
    if values.get("preprocess.splits") == "published" and split in _published(values):
        raise UserError(
            f"{split} is published, so all runs would score the same images; set "
            "-S preprocess.splits=fresh, or leave --splits out"
        )


def _values(settings: Sequence[str]) -> dict[str, object]:
    """Return all parameters by dotted name, with what the user sets."""
    stated = {
        f"{section}.{name}": value
        for section, held in sections.stated(PATH).items()
        for name, value in held.items()
    }
    own = {parameter(one): YAML(typ="safe").load(one.partition("=")[2]) for one in settings}
    return stated | own


def _published(values: Mapping[str, object]) -> set[str]:
    """Return the splits of the images that were downloaded; none where others are asked for."""
    if not (LOCK.is_file() and download_metrics.PATH.is_file()):
        return set()
    locked = lockfile.read(LOCK.read_text("utf-8")).get("download", lockfile.NOT_RUN).params
    if any(values.get(name) != value for name, value in locked.items()):
        return set()
    return {*json.loads(download_metrics.PATH.read_text("utf-8"))["counts"][0]["images"]}
