"""Publish the model of the last commit on the Hugging Face hub: `reprise publish owner/name`.

It sends the exported models, the classifier, the model card with the hub's front matter, the
report, params.yaml and dvc.lock in one commit. What lies here must be what dvc.lock says.
--dry-run sends nothing, and writes what would be sent under runs/publish.
"""

from pathlib import Path

from reprise.standing import shown
from reprise.tool_parsers import parser
from stages import errors, files, sections
from stages.params import PATH
from tools.publishing import bundle, sending, up_to_date

LOOK = Path("runs/publish")


def publish(repository: str, *, private: bool) -> list[str]:
    """Publish, and return what there is to tell."""
    secret = sending.token(repository)
    commit, made = _made(repository, secret)
    version = sections.stated(PATH)["export"]["version"]
    message = f"Version {version}, of commit {commit[:7]}"
    sent = sending.send(repository, made, message, private=private)
    left = [f"left as they were: {', '.join(sent.left)}"] if sent.left else []
    return [f"published as {sent.address}", *bundle.describe(made), *left]


def rehearse(repository: str) -> list[str]:
    """Write what would be published, and return what there is to tell."""
    _, made = _made(repository, None)
    with files.replacing(LOOK) as folder:
        folder.mkdir()
        sending.write(folder, made)
    return [f"would be published as {repository}; look at {shown(LOOK)}", *bundle.describe(made)]


def _made(repository: str, secret: str | None) -> tuple[str, dict[str, bytes]]:
    """Return the commit, and the files that are published of it."""
    commit = up_to_date.committed()
    up_to_date.require(bundle.WANTED)
    return commit, bundle.collect(repository.rpartition("/")[2], commit, secret)


def main() -> None:
    """Publish, or write what would be published."""
    given = parser("publish", __doc__).read()
    sending.require_name(given.repository)
    told = (
        rehearse(given.repository)
        if given.dry_run
        else publish(given.repository, private=given.private)
    )
    print(*told, sep="\n")


if __name__ == "__main__":
    errors.run(main)
