"""The files of a model as they are published: models, card, report, and what makes them again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages import sections
from stages.artifacts import classifier, exported, report
from stages.artifacts.exported import CARD
from stages.environment import LOCK
from stages.params import PATH
from tools.publishing import front_matter, privacy, yaml_values
from tools.publishing.front_matter import Facts

WANTED = (classifier.PATH, exported.MODELS, report.SCORES, report.PAGE)
TEXTS = {".md", ".html", ".json"}  # in which what is private is replaced
SETTINGS = {".yaml", ".lock"}  # likewise, in their values as YAML has them
AGAIN = """
## The same again

[report.html](report.html) shows the scores, the curves and the mistakes; [params.yaml](params.yaml)
has the parameters, [dvc.lock](dvc.lock) the checksums of data, code and results. In the Git
repository in which the model was made, at commit `{commit}`, `dvc repro` computes the same files.
"""


def collect(name: str, commit: str, token: str | None) -> dict[str, bytes]:
    """Return the files by their paths in the repository, without what is private.

    Raises:
        UserError: a file holds what is private, and cannot be changed.
    """
    params = sections.stated(PATH)
    hidden = privacy.private(params, token)
    files = _read()
    formats = frozenset(Path(path).suffix for path in files)
    shown = privacy.cleaned_values(params, hidden)
    card = front_matter.render(Facts(name, shown, report.read_scores(), formats)) + "\n"
    files[CARD] = card.encode() + files[CARD] + AGAIN.format(commit=commit).encode()
    return {path: _published(path, content, hidden) for path, content in sorted(files.items())}


def _read() -> dict[str, bytes]:
    """Read every file that is published."""
    models = [path for path in exported.MODELS.rglob("*") if path.is_file()]
    named = {path.relative_to(exported.MODELS).as_posix(): path for path in models}
    named |= {path.name: path for path in (classifier.PATH, report.PAGE, PATH, LOCK)}
    return {name: path.read_bytes() for name, path in named.items()}


def _published(path: str, content: bytes, hidden: Mapping[str, str]) -> bytes:
    if Path(path).suffix in SETTINGS:
        return yaml_values.cleaned(path, content, hidden)
    if Path(path).suffix in TEXTS:
        return privacy.cleaned(content.decode("utf-8"), hidden).encode()
    privacy.require_clean(path, content, hidden)
    return content


def describe(files: Mapping[str, Any]) -> list[str]:
    """Return a line about each file."""
    return [f"    {len(content):>12,} bytes  {path}" for path, content in files.items()]
