"""Build the site: `make site` writes build/site from README.md, docs/ and what these link to.

Links in Markdown are those of the repository, so that they work on GitHub; here each becomes that
of a page, or, where no page shows the file, plain text. Zensical then fails where a page or an
anchor is missing.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

CONFIG, PAGES, SITE = Path("mkdocs.yml"), Path("build/pages"), Path("build/site")
FIRST = [Path("README.md"), Path("CHANGELOG.md"), Path("CONTRIBUTING.md")]
# A block of code, a link or picture, or code in a line: whichever begins first.
PIECE = re.compile(
    r"(?ms)^ *```.*?^ *```$|(!?)\[((?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*)\]\(([^)\s]+)\)|`[^`\n]+`"
)
ELSEWHERE = re.compile(r"[a-z]+:|#")
# What a browser would fetch from elsewhere by itself.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?https?://|"
    r"<link(?![^>]*canonical)[^>]*\shref=\"?https?://|url\(\"?https?://"
)


def place(file: Path) -> Path | None:
    """Return where the site has a file of the repository; None: nowhere."""
    if file == Path("README.md"):
        return Path("index.md")
    if file.parts[0] == "docs" and file.suffix in {".md", ".css"}:
        return Path(*file.parts[1:])
    if file.suffix == ".md":
        name = file.parent if file.stem == "README" else file.with_suffix("")
        return Path("-".join(name.parts).lower() + ".md")
    return Path("images", *file.parts) if file.suffix in {".jpg", ".png", ".svg"} else None


def target(page: Path, link: str) -> tuple[Path, str]:
    """Return the file of the repository that a link of a page leads to, and the anchor in it."""
    path, _, anchor = link.partition("#")
    return Path(normpath(page.parent / path)) if path else page, anchor


def links(text: str) -> Iterator[str]:
    """Yield the links of a page to the repository; what is in code is none."""
    for found in PIECE.finditer(text):
        if found[3]:
            yield from links(found[2])
            if not ELSEWHERE.match(found[3]):
                yield found[3]


def rewritten(page: Path, text: str) -> str:
    """Return the Markdown of a page with links as the site has them."""

    def piece(found: re.Match[str]) -> str:
        if not found[3]:
            return found[0]
        mark, shown, to = found[1], PIECE.sub(piece, found[2]), found[3]
        if ELSEWHERE.match(to):
            return f"{mark}[{shown}]({to})"
        file, anchor = target(page, to)
        there = place(file)
        return f"{mark}[{shown}]({there}{'#' * bool(anchor)}{anchor})" if there else shown

    return PIECE.sub(piece, text)


def collect() -> dict[Path, str]:
    """Return all pages by their files in the repository: those of docs/, and all linked to."""
    found = dict[Path, str]()
    ahead = [*FIRST, *sorted(Path("docs").glob("*.md"))]
    while ahead:
        page = ahead.pop()
        if page not in found:
            found[page] = page.read_text("utf-8")
            linked = (target(page, link)[0] for link in links(found[page]))
            ahead += [file for file in linked if file.suffix == ".md" and file.is_file()]
    return found


def stage() -> None:
    """Write the pages and images of the site anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    shutil.copy("docs/site.css", PAGES)
    for page, text in collect().items():
        (PAGES / str(place(page))).write_text(rewritten(page, text), "utf-8")
        for link in links(text):
            file, _ = target(page, link)
            copy = place(file)
            if copy and copy.parts[0] == "images":
                (PAGES / copy).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, PAGES / copy)


def foreign() -> list[str]:
    """Return the built pages that would load something from elsewhere."""
    pages = [*SITE.rglob("*.html"), *SITE.rglob("*.css")]
    return [str(page) for page in pages if FETCHED.search(page.read_text("utf-8"))]


def main(config: Path = CONFIG) -> int:
    """Build the site, and return an exit code."""
    stage()
    if not shutil.which("zensical"):
        print("make site needs Zensical: pip install -c constraints.txt '.[docs]'", file=sys.stderr)
        return 1
    shutil.rmtree(SITE, ignore_errors=True)
    command = ["zensical", "build", "--clean", "--strict", "--config-file", str(config)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - of this environment
        return 1
    if loaded := foreign():
        print("these pages load something from elsewhere:", *loaded, file=sys.stderr)
        return 1
    print(f"{SITE}: try it with `python -m http.server --directory {SITE}`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
