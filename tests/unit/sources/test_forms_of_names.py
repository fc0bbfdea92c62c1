"""The same images give the same bytes, whatever a system makes of their names."""

from pathlib import Path
from unicodedata import normalize

import pytest
from packing import PACKERS, packed, params, plant, seen

from stages.artifacts import raw
from stages.download import download
from stages.sources import folder

FILES = {"Käfer/éa.jpg": b"1", "Käfer/eb.jpg": b"2", "가/f.jpg": b"3", "Ω/e.jpg": b"4"}
TABLE = "file,label\n" + "".join(f"{name},{name[0]}\n" for name in FILES)


def written(files: dict[str, bytes], dataset: str, kind: str | None) -> dict[str, bytes]:
    """Return data/raw as it comes of a folder with these files, or of an archive."""
    if kind is None:
        plant(Path("data/source"), files)
    else:
        plant(Path("data"), {"source": PACKERS[kind](files)})
    with download(params(dataset=dataset)) as published:
        raw.write(published)
    return {path.name: path.read_bytes() for path in raw.PATH.iterdir()}


@pytest.mark.parametrize("kind", [None, "zip", "tar"])
@pytest.mark.parametrize("dataset", ["folder", "table"])
def test_composed_and_decomposed_names_give_the_same_bytes(
    dataset: str, kind: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for form in ("NFC", "NFD"):
        files = {normalize(form, name): data for name, data in FILES.items()}
        table = {"t.csv": TABLE.encode()} if dataset == "table" else {}  # a table stays as it is
        (tmp_path / form).mkdir()
        monkeypatch.chdir(tmp_path / form)
        found.append(written(files | table, dataset, kind))
    assert found[0] == found[1]


def test_names_that_would_be_one_stay_two() -> None:
    composed, decomposed = "a/caf\u00e9.jpg", "a/cafe\u0301.jpg"
    files = {composed: b"1", decomposed: b"2", "a/e\u0301.jpg": b"3"}
    store = packed(files)
    assert store.names() == sorted([composed, decomposed, "a/\u00e9.jpg"])
    assert [store.read(name) for name in (composed, decomposed)] == [b"1", b"2"]


def test_names_that_differ_in_case_alone_are_two_images() -> None:
    found = folder.load(packed({"a/A.jpg": b"1", "a/a.jpg": b"2", "b/c.jpg": b"3"}))
    assert seen(found)["train"] == {"a/A.jpg": "a", "a/a.jpg": "a", "b/c.jpg": "b"}
