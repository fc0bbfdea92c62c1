"""People with a clone each: a bare Git repository and a DVC remote are all they share."""

from hashlib import md5
from pathlib import Path

from conftest import Clone
from servers import Server


def move_storage(clone: Clone, server: Server) -> None:
    """Point the clone's default remote at a server, by the commands that docs/remotes.md gives."""
    clone.env |= server.env
    clone.run("dvc", "remote", "modify", "storage", "url", server.url)
    for name, value in server.settings.items():
        clone.run("dvc", "remote", "modify", "storage", name, value)


def commit(clone: Clone, message: str) -> None:
    clone.run("git", "add", "-A")
    clone.run("git", "commit", "-qm", message)


def publish(clone: Clone, bare: Path) -> None:
    """Push the branch to a new bare repository, and what it cached to the default remote."""
    clone.run("git", "init", "-q", "--bare", str(bare))
    clone.run("git", "remote", "set-url", "origin", str(bare))
    clone.run("git", "push", "-q", "-u", "origin", "HEAD")
    clone.run("dvc", "push")


def join(colleague: Clone, root: Path) -> Clone:
    """Clone what a colleague pushed into a new folder, as a person who may use the remote."""
    bare = colleague.run("git", "remote", "get-url", "origin").strip()
    branch = colleague.run("git", "branch", "--show-current").strip()
    colleague.run("git", "clone", "-q", "--branch", branch, bare, str(root))
    clone = Clone(root)
    own = clone.env["DVC_SITE_CACHE_DIR"]
    clone.env |= colleague.env | {"DVC_SITE_CACHE_DIR": own}
    return clone


def forget(clone: Clone) -> None:
    """Delete all that DVC can bring back: cache, outputs, what it knew of them."""
    clone.run("git", "clean", "-qxdf", "-e", ".venv", ".")


def objects(folder: Path) -> dict[str, Path]:
    """Return the files of a cache or a local remote by their hash, unfinished ones left out."""
    found = (folder / "files" / "md5").glob("*/*")
    return {path.parent.name + path.name: path for path in found if path.suffix != ".tmp"}


def digest(path: Path) -> str:
    return md5(path.read_bytes()).hexdigest()  # noqa: S324 -- DVC's


def damage(path: Path) -> None:
    """Change one byte, and leave mode and size."""
    mode = path.stat().st_mode
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)
