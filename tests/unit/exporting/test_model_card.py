import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from exports import DATA, PARAMS, warm
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image as Picture
from PIL.ExifTags import Base
from torch import nn

from reprise.escaping import code, markdown, printable
from reprise.resizing import fit
from reprise.rule import NEVER, Rule
from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.exported import Figures
from stages.exporting import conversion
from stages.exporting.description import spec
from stages.exporting.formats import FormatName
from stages.exporting.model_card import Subject, render, summary
from stages.world import World

EXACT = {
    "accuracy": 0.9,
    "agreement": 1.0,
    "max_probability_difference": 2e-7,
    "same_decisions": 0.9,
    "bytes": 1234,
}
RESIZED = {
    "agreement": 1.0,
    "bytes": 99,
    "images": 10,
    "max_pixel_difference": 1.0,
    "max_probability_difference": 0.01,
    "mean_pixel_difference": 0.1,
}
ALL = tuple(name for name in get_args(FormatName) if name != "aoti")  # that needs a compiler


HOSTILE = [
    "]]></svg><script>alert(6)</script>",
    "](javascript:alert(1))",
    "[x](javascript:alert(1))",
    "![x](https://example.com/pixel.png)",
    "<javascript:alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "a\nb\n# heading\n```js\n",
    "a\r\n<script>",
    "`` ` ```",
    "`",
    " `x` ",
    "a|b|c",
    "*bold* _em_ ~~gone~~",
    "&lt;script&gt;",
    "\\`<b>",
    "\x1b[2J",
    "\u202egnp.exe",
    "\u2028x",
    "{{7*7}} ${x}",
]


def card(comparison: Mapping[str, Figures]) -> str:
    return render(Subject(warm(), DATA.meta, comparison), PARAMS)


def test_counts_parameters_scores_and_limits_are_in_it() -> None:
    text = card({"onnx": EXACT, "pt2": {"unsupported": "if | else"}, "onnx_any_size": RESIZED})
    for part in (
        "# Image classifier, version 1.2",
        "| licence | MIT |",
        "| train | 20 |",
        "Left out as undecodable: 1 file of the source.",
        "| 0 | `dark` |",
        "| network | `cnn`, ",
        "| accuracy on test | 0.9000 (0.5958 to 0.9821) |",
        "## Intended use",
        "| lr | `0.01` |",
        '| network | `"cnn"` |',
        "| onnx | 0.9000 (0.5958 to 0.9821) | 100.00% | 90.00% | 2e-07 | 1,234 |",
        r"| pt2 | not made: if \| else | | | | |",
        "| onnx_any_size |  | 100.00% |  | 1e-02 | 99 |",
        "differ from Pillow's by up to 1 of 255",
        "softmax(logits / 2.5)",
    ):
        assert part in text


def test_a_cleaning_is_told_with_its_tables_and_splits() -> None:
    counts = CleaningCounts(
        tables=("data/cleaning/a_b.csv", "data/cleaning/c.csv"),
        excluded=1300,
        relabelled={"train": 8, "val": 0, "test": 4},
    )
    meta = DATA.meta.model_copy(update={"cleaned": counts})
    text = render(Subject(warm(), meta, {"onnx": EXACT}), PARAMS)
    assert "1,300 images were left out and 12 got another label (8 in train, 4 in test)." in text
    assert "Left out as undecodable: 1 file of the source." in text
    assert "c.csv" in text
    assert "| 0 | `dark` |" in text
    whole = meta.model_copy(update={"excluded": {}})
    assert "of the source." not in render(Subject(warm(), whole, {"onnx": EXACT}), PARAMS)


def test_only_what_was_made_is_explained() -> None:
    text = card({"pt2": EXACT, "onnx": {"unsupported": "no"}})
    assert 'torch.export.load("model.pt2")' in text
    assert "InferenceSession" not in text


@pytest.mark.parametrize(("given", "kind"), [("uint8", "Uint8Array"), ("float", "Float32Array")])
def test_other_languages_get_the_type_of_the_input(given: str, kind: str) -> None:
    params = PARAMS.model_copy(update={"input": given})
    text = render(Subject(warm(), DATA.meta, {"onnx": EXACT}), params)
    assert f"new {kind}(4 * 5 * 1)" in text
    assert ("std::vector<float>" in text) == (given == "float")


@pytest.mark.parametrize("given", ["uint8", "float"])
@pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated")
def test_the_code_in_it_runs(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = PARAMS.model_copy(update={"formats": ALL, "with_resizing": True, "input": given})
    torch.manual_seed(0)
    source = warm(nn.Sequential(nn.Flatten(), nn.Linear(20, 2)))  # to which places matter
    made = [*conversion.convert_all(source, DATA, params, World(torch.device("cpu")))]
    for one in made:
        for path, content in one.files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
    picture = Picture.fromarray(np.arange(99, dtype=np.uint8).reshape(9, 11))
    lying = Picture.Exif()
    lying[Base.Orientation] = 6
    picture.transpose(Picture.Transpose.ROTATE_90).save(tmp_path / "image.png", exif=lying)
    monkeypatch.chdir(tmp_path)
    pixels = torch.from_numpy(fit(picture, spec(source.card.interface)).copy())[None]
    wanted = (source.whole()(pixels) / 2.5).softmax(1).detach().numpy()
    text = render(Subject(source, DATA.meta, {one.name: one.figures for one in made}), params)
    prepare, *runs = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(runs) == len(ALL) + 1
    for lines in runs:
        if "coremltools" in lines:  # which runs on macOS alone
            compile(lines, "card", "exec")
            continue
        names: dict[str, Any] = {}
        exec(prepare + lines, names)  # noqa: S102
        found = names["probabilities"]
        found = found.detach().numpy() if isinstance(found, torch.Tensor) else found
        np.testing.assert_allclose(found, wanted, atol=0.01)


def tokens(text: str) -> list[Token]:
    """Return the text as a reader of Markdown with tables, HTML and links sees it."""
    found = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    return [inner for token in found for inner in (token, *(token.children or ()))]


@pytest.mark.parametrize("nasty", HOSTILE)
def test_no_text_of_the_data_or_the_user_acts_in_it(nasty: str) -> None:
    params = PARAMS.model_copy(update={"license": nasty, "version": nasty})
    comparison: dict[str, Figures] = {"onnx": EXACT, "pt2": {"unsupported": nasty}}
    plain = tokens(card(comparison={"onnx": EXACT, "pt2": {"unsupported": "no"}}))
    source = warm()
    interface = source.card.interface.model_copy(update={"classes": (nasty, f"b{nasty}")})
    training = {"weights": nasty, "sizes": [nasty]}
    hostile = source.card.model_copy(update={"interface": interface, "training": training})
    found = tokens(render(Subject(source._replace(card=hostile), DATA.meta, comparison), params))
    kinds = Counter(token.type for token in found)
    assert not {"html_inline", "html_block", "link_open", "image", "em_open"} & kinds.keys()
    of_plain = Counter(token.type for token in plain)
    for kind in ("heading_open", "fence", "list_item_open", "table_open"):
        assert kinds[kind] == of_plain[kind], kind
    names = [token.content for token in found if token.type == "code_inline"]
    assert printable(nasty) in names
    assert all(len(row) == 6 for row in rows(found, "format"))


def rows(found: Sequence[Token], head: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of the table whose first head is given."""
    texts = [token.content for token in found if token.type == "inline"]
    assert head in texts
    row = list[str]()
    for before, token in pairwise(
        found[next(i for i, t in enumerate(found) if t.content == head) :]
    ):
        if token.type == "table_close":
            return
        if before.type == "td_open":
            row.append(token.content)
        if token.type == "tr_close" and row:
            yield row
            row = []


@pytest.mark.parametrize("name", ["ants", "Käfer, größer", "a-b (c)", "it's", "x.y"])
def test_plain_names_and_licences_stay_as_they_are(name: str) -> None:
    assert code(name) == f"`{name}`"
    assert markdown(name) == name


def test_a_line_says_how_a_format_compared() -> None:
    assert summary(EXACT) == (
        "accuracy 0.9000, 100.00% of the predictions agree with the classifier's; 1.23 kB"
    )
    assert summary({"unsupported": "no"}) == "not made: no"
    assert summary({"agreement": 0.5, "refused": "loses"}) == "not kept: loses"


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (Rule(), ["true for every image.", "no sets were asked for", "`ood` is false for every"]),
        (
            Rule(0.75, 0.1, -2.5, "precision", 0.99, 0.05, 0.01),
            [
                "is 0.75 or more and the image is not `ood`: chosen for 99 % of the answers to be",
                "from a probability of 0.1 on: of new images, the right class is among them for",
                "is above -2.5, as that of 1 % of val is",
                "`ood` finds only those of a high energy",
            ],
        ),
        (Rule(NEVER, None, None, "precision", 0.99), ["`answered` is false for every image: val"]),
        (Rule(0.5, None, None, "coverage", 0.9), ["chosen for 90 % of the images to be answered"]),
    ],
)
def test_what_the_model_does_not_know_is_in_it(rule: Rule, parts: list[str]) -> None:
    text = render(Subject(warm(), DATA.meta, {"onnx": EXACT}, rule), PARAMS)
    for part in ("fitted to the 4 images of val", *parts):
        assert part in text
