"""Prepare a clone for experiments: what it shares with its repository, what no experiment has."""

import re
import shutil
from pathlib import Path

from tools.provenance.clone import output
from tools.provenance.linking import make

SHARED = (Path(".dvc/tmp/resume"), Path("runs"))  # checkpoints and TensorBoard
LOCAL = Path(".dvc/config.local")


def configure(root: Path, cache: Path) -> None:
    """Tell a clone who commits, where the cache is, and what is kept outside of it."""
    for key in ("user.name", "user.email"):
        if value := output("git", "config", "--default", "", "--get", key).strip():
            output("git", "config", key, value, at=root)
    if LOCAL.exists():
        shutil.copy(LOCAL, root / LOCAL)
    output("dvc", "config", "--local", "cache.dir", str(cache), at=root)
    for path in SHARED:
        path.mkdir(parents=True, exist_ok=True)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        make(root / path, path.resolve())
    with (root / ".git/info/exclude").open("a", encoding="utf-8", newline="\n") as excluded:
        excluded.write("/runs\n")  # a link, and no folder as in .gitignore


def leave_out_links(root: Path) -> None:
    """Keep the links to files that Git does not know out of experiments.

    `dvc exp apply` would put them in the place of these files.
    """
    new = output("git", "ls-files", "--others", "--exclude-standard", "-z", at=root).split("\0")
    with (root / ".git/info/exclude").open("a", encoding="utf-8", newline="\n") as excluded:
        excluded.writelines(f"/{_literal(name)}\n" for name in new if (root / name).is_symlink())


def _literal(name: str) -> str:
    """Return a name as a pattern of .gitignore that fits it alone, or more where it has lines."""
    return re.sub(r"[*?[\]\\ ]", r"\\\g<0>", name).replace("\n", "?")
