"""Print the extras of pyproject.toml that params.yaml and DVC's remotes ask for: `make` adds them.

By the standard library alone: when make asks, nothing is installed yet.
"""

import re
from pathlib import Path

from reprise.founding.parameter_lines import values

PARAMS, REMOTES = Path("params.yaml"), (Path(".dvc/config"), Path(".dvc/config.local"))
# By parameter: what its value may hold, each the name of an extra.
NAMED = {
    "train.network": ("timm",),
    "train.tracker": ("mlflow", "wandb"),
    "download.dataset": ("hub",),
    "export.formats": ("coreml", "litert", "openvino"),
}
SCHEMES = {"s3": "s3", "gs": "gs", "gcs": "gs", "ssh": "ssh", "sftp": "ssh"}


def asked(params: str, remotes: str) -> set[str]:
    """Return the extras, of the text of params.yaml and that of DVC's configuration."""
    given = {
        name: re.sub(r"\s#.*", "", "\n".join((value.text, *value.below)))  # lists have comments
        for name, value in values(params).items()
    }
    found = {
        extra
        for name, extras in NAMED.items()
        for extra in extras
        if re.search(rf"\b{extra}\b", given.get(name, ""))
    }
    lines = (line for line in remotes.splitlines() if not line.lstrip().startswith(("#", ";")))
    schemes = re.findall(r"\b([a-z0-9]+)://", "\n".join([*given.values(), *lines]))
    return found | {SCHEMES[scheme] for scheme in schemes if scheme in SCHEMES}


def main() -> None:
    """Print them; nothing where there is no params.yaml."""
    texts = [path.read_text("utf-8") if path.is_file() else "" for path in (PARAMS, *REMOTES)]
    print(*sorted(asked(texts[0], "\n".join(texts[1:]))))


if __name__ == "__main__":
    main()
