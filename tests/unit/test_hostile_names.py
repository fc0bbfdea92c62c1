"""A data set whose names are code, through all that is written for people: nothing acts."""

import csv
import json
import re
import sys
from collections import Counter
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from dvc_render.html import HTML  # type: ignore[import-untyped]
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from toys import CARD, INTERFACE, RUNTIME, split, store_figures

from reprise.escaping import cell
from reprise.metadata import KEY, parse
from stages import evaluate, export, inspect
from stages.artifacts import classifier, decided, history, predictions, report, review, splits
from stages.artifacts.decided import DecidedImages
from stages.artifacts.history import Epoch
from stages.artifacts.report import PLOTS
from stages.artifacts.splits import Split
from tools import compare, offline_plots

NAMES = [
    "]]></svg><script>alert(6)</script>",
    "=cmd|'/c calc'!A1",
    "\x1b[2J\x1b]0;title\x07",
    "a\nb\r\nc",
    "](javascript:alert(1))",
    "{{7*7}}{% for %}",
    "${x}`id`$(id)",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe",
    "</title></style><!--",
    "\t@SUM(1)",
    "a\u2028b",
]
PLAIN = [f"class {number}" for number in range(len(NAMES))]
COUNT = 3 * len(NAMES)
SECTIONS = {
    "evaluate": {
        **RUNTIME, "split": "test", "tta": "none", "batch_size": 64, "abstain": "coverage",
        "abstain_target": 0.5, "conformal_alpha": 0.5, "ood_quantile": 0.1,
    },
    "export": {
        **RUNTIME, "formats": ["onnx"], "opset": 20, "input": "uint8", "with_resizing": False,
        "calibration": 8, "tolerance": 1e-4, "int8_tolerance": 0.01, "on_unsupported": "skip",
        "license": "MIT", "version": "1", "batch_size": 64,
    },
    "inspect": {
        **RUNTIME, "predictions": "folds", "similarity": 0.9, "nearness": 0.5, "outliers": 0.5,
        "batch_size": 64,
    },
}  # fmt: skip


def write(names: list[str]) -> None:
    """Write what the stages read, of classes and paths of these names."""
    interface = INTERFACE.model_copy(update={"classes": tuple(names)})
    labels = np.arange(COUNT) % len(names)
    part = Split(split(COUNT).images, labels)
    with splits.writer((4, 5, 1)) as out:
        for name in splits.NAMES:
            paths = [f"{names[label]}/{row}{names[label]}" for row, label in enumerate(labels)]
            out.append(name, part, paths)
        out.finish(interface, {names[0]: names[0]})
    store_figures(names[0])
    torch.manual_seed(0)  # both runs answer alike
    classifier.write(classifier.build(CARD.model_copy(update={"interface": interface})))
    history.write([Epoch(1, 0.7, 0.6, 0.5, 0.75, 0.01)])
    decided.write(DecidedImages(splits=("train",), images=()))
    Path("folds").mkdir()  # without any predictions
    Path("params.yaml").write_text(json.dumps(SECTIONS))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a run with hostile names, and the same with plain ones."""
    made = {}
    for kind, names in (("hostile", NAMES), ("plain", PLAIN)):
        made[kind] = tmp_path_factory.mktemp(kind)
        with chdir(made[kind]):
            write(names)
            evaluate.main()
            export.main()
            inspect.main()
    return made


class Reader(HTMLParser):
    """Counts tags, with the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags = Counter[tuple[str, ...]]()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag, *(name for name, _ in attrs)] += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("page", [report.PAGE, review.PAGE])
def test_the_page_has_the_tags_that_it_has_for_plain_names(
    runs: dict[str, Path], page: Path
) -> None:
    hostile, plain = (Reader((run / page).read_text("utf-8")) for run in runs.values())
    kinds = hostile.tags.keys() ^ plain.tags.keys()
    assert all(kind[0] in {"td", "path"} for kind in kinds)  # as the figures are
    for tag in ("script", "style", "img", "title", "svg", "th", "figure"):
        counts = [
            sum(count for kind, count in read.tags.items() if kind[0] == tag)
            for read in (hostile, plain)
        ]
        assert counts[0] == counts[1], tag
    assert "]]></svg><script>alert(6)</script>" in hostile.text
    assert not set("\x1b\x07\u202e\u2028\t") & set(hostile.text)


def test_no_table_has_a_formula_a_tag_or_a_line_end(runs: dict[str, Path]) -> None:
    tables = [*sorted((runs["hostile"] / PLOTS).glob("*.csv")), runs["hostile"] / review.TABLE]
    assert len(tables) == 8
    for table in tables:
        plain = (runs["plain"] / table.relative_to(runs["hostile"])).read_text("utf-8").splitlines()
        lines = table.read_text("utf-8").split("\n")
        assert len(lines) - 1 == len(plain) or table.name == "confusion.csv"
        for row in csv.reader(lines):
            for text in row:
                assert text.isprintable()
                assert not re.match(r"\s*[=+@]|-\D", text)
                assert not re.search(r"<[a-z/!]", text)


def test_the_page_of_dvc_has_the_scripts_that_it_has_for_plain_names(
    runs: dict[str, Path],
) -> None:
    pages, template = [], offline_plots.page()
    for run in runs.values():
        with (run / PLOTS / "classes.csv").open(encoding="utf-8", newline="") as file:
            points = [{**row, "rev": "workspace"} for row in csv.DictReader(file)]
        raw = [{**point, "name": name} for point, name in zip(points, NAMES, strict=True)]
        for given in (points, raw):  # of this version, and of one that wrote names as they are
            plot = VegaRenderer(given, "plot", template="simple", x="f1", y="name")
            with offline_plots.escaping():
                pages.append(HTML(template).with_element(plot.generate_html()).embed())
    assert len({page.lower().count("<script") for page in pages}) == 1
    assert len({page.lower().count("</script") for page in pages}) == 1
    assert len({page.count("<!--") for page in pages}) == 1


def test_the_card_has_the_structure_that_it_has_for_plain_names(runs: dict[str, Path]) -> None:
    hostile, plain = (
        MarkdownIt("gfm-like", {"linkify": False}).parse(
            (run / "models/export/README.md").read_text("utf-8")
        )
        for run in runs.values()
    )
    shape = [
        [(token.type, *(inner.type for inner in token.children or ())) for token in tokens]
        for tokens in (hostile, plain)
    ]
    assert shape[0] == shape[1]


def test_what_is_printed_is_lines_of_letters(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(runs["hostile"])
    here = predictions.read()
    turned = here._replace(predicted=(here.predicted + 1) % len(NAMES))
    monkeypatch.setattr(compare, "fetch", lambda name: here if name == "a" else turned)
    monkeypatch.setattr(sys, "argv", ["compare", "a", "b", "--out", "changed.csv"])
    compare.main()
    evaluate.main()
    said = capsys.readouterr().out
    assert all(map(str.isprintable, said.split("\n")))
    assert r"\x1b[2J\x1b]0;title\x07" in said
    with Path("changed.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == COUNT + 1
    assert all(text.isprintable() and text[0] not in "=@" for row in rows for text in row)


def test_files_for_programs_keep_the_exact_text(runs: dict[str, Path]) -> None:
    found = predictions.read(runs["hostile"] / predictions.PATH)
    assert [*found.classes] == NAMES
    assert found.paths[2] == f"{NAMES[2]}/2{NAMES[2]}"
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(runs["hostile"] / "models/export/model.onnx")
    assert [*parse(session.get_modelmeta().custom_metadata_map[KEY]).classes] == NAMES


def test_a_row_of_the_review_names_its_image_by_the_escaped_path(runs: dict[str, Path]) -> None:
    by_cell = dict[str, str]()
    with chdir(runs["hostile"]):
        for name in splits.NAMES:
            by_cell |= {cell(path): path for path in splits.read_paths(name)}
        with review.TABLE.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    assert rows
    assert {row["path"] for row in rows} <= by_cell.keys()
    assert {row["label"] for row in rows} <= {*map(cell, NAMES)}
