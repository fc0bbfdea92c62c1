"""README.md and docs/: every link leads somewhere, on GitHub and on the site, which holds all."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from docs import website
from docs.website import collect, foreign, links, place, rewritten, target

READER = MarkdownIt("commonmark").enable(["table"])
PAGES = collect()


def inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inner(token.children or [])


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    tokens = READER.parse(text)
    found = set[str]()
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            words = "".join(part.content for part in inner(token.children or []))
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            assert slug not in found, f"two headings are called {slug}"
            found.add(slug)
    return found


def linked(text: str) -> set[str]:
    """Return the links and pictures of a page, as a reader of Markdown finds them."""
    attributes = (token.attrs for token in inner(READER.parse(text)))
    values = (one.get("href") or one.get("src") for one in attributes)
    return {str(value) for value in values if value}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in linked(PAGES[page]):
        if not re.match(r"[a-z]+:", link):
            file, anchor = target(page, link)
            assert file.exists(), f"{page}: {link}"
            if anchor:
                assert anchor in anchors(file.read_text("utf-8")), f"{page}: {link}"


def test_all_pages_of_docs_are_among_them_and_in_the_navigation() -> None:
    assert {*Path("docs").glob("*.md")} < {*PAGES}
    listed = re.findall(
        r"- (?:.*: )?([\w-]+\.md)$", Path("mkdocs.yml").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(str(place(page)) for page in PAGES)


def test_no_two_pages_have_one_place() -> None:
    assert len({place(page) for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_site_finds_the_links_that_a_reader_of_markdown_finds(page: Path) -> None:
    inside = {link for link in linked(PAGES[page]) if not re.match(r"[a-z]+:|#", link)}
    assert {*links(PAGES[page])} == inside


@pytest.mark.parametrize(
    ("page", "text", "made"),
    [
        ("README.md", "[a](docs/dvc.md)", "[a](dvc.md)"),
        ("README.md", "![a](docs/report.png)", "![a](images/docs/report.png)"),
        ("docs/dvc.md", "[a](../README.md#more)", "[a](index.md#more)"),
        ("docs/dvc.md", "[a](../data/source/README.md)", "[a](data-source.md)"),
        ("docs/dvc.md", "[`a`](../dvc.yaml), [b](#c)", "`a`, [b](#c)"),
        ("docs/dvc.md", "`[a](../dvc.yaml)`", "`[a](../dvc.yaml)`"),
        ("docs/dvc.md", "```\n[a](../dvc.yaml)\n```", "```\n[a](../dvc.yaml)\n```"),
        ("docs/dvc.md", "[a](https://dvc.org/x.md)", "[a](https://dvc.org/x.md)"),
    ],
)
def test_links_become_those_of_the_site(page: str, text: str, made: str) -> None:
    assert rewritten(Path(page), text) == made


def test_the_site_is_built_and_loads_nothing_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zensical fails where a page or an anchor is missing."""
    pytest.importorskip("zensical")
    monkeypatch.setattr(website, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(website, "SITE", tmp_path / "site")
    config = Path("mkdocs.yml").read_text("utf-8")
    config = config.replace("build/pages", "pages").replace("build/site", "site")
    (tmp_path / "mkdocs.yml").write_text(config, "utf-8")
    assert website.main(tmp_path / "mkdocs.yml") == 0
    built = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert {str(place(page).with_suffix(".html")) for page in PAGES} <= built  # type: ignore[union-attr]
    assert "train.lr" in (tmp_path / "site/search.json").read_text("utf-8")
    (tmp_path / "site/index.html").write_text('<script src="https://cdn.example/x.js"></script>')
    assert foreign() == [str(tmp_path / "site/index.html")]


def test_a_link_that_leads_nowhere_fails_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zensical")
    monkeypatch.setattr(website, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(website, "SITE", tmp_path / "site")
    monkeypatch.setattr(website, "stage", lambda: None)
    (tmp_path / "pages").mkdir()
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: a\ndocs_dir: pages\nsite_dir: site\ntheme: {font: false}\n", "utf-8"
    )
    (tmp_path / "pages/index.md").write_text("# a\n\n[b](#c)\n", "utf-8")
    assert website.main(tmp_path / "mkdocs.yml") == 1
    (tmp_path / "pages/index.md").write_text("# a\n\n[b](#a)\n", "utf-8")
    assert website.main(tmp_path / "mkdocs.yml") == 0
