"""A recipe is merged into params.yaml: comments stay, nothing of another recipe does."""

import sys
from pathlib import Path
from typing import Any

import pytest

from stages import errors
from stages.errors import UserError
from tools import recipe
from tools.params_yaml import Sections, Setting, merge, read
from tools.recipe import main, needed, settings

PARAMS = """\
# Mine.
train:
  lr: 0.1               # learning rate (number > 0)
  hidden: []            # widths (list: integer)
  address: null         # null: none (text | null)

  epochs: 3  # my own comment
  kept: 'x'             # no recipe sets it
"""
CHANGED = """\
# Mine.
train:
  lr: 0.5               # learning rate (number > 0)
  hidden: [10, 20]      # widths (list: integer)
  address: null         # null: none (text | null)

  epochs: 3  # my own comment
  kept: 'x'             # no recipe sets it
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS, "utf-8")
    (tmp_path / "recipes").mkdir()
    base = "# Base.\n\ntrain:\n  lr: 0.1\n  hidden: []\n  epochs: 3\n"
    (tmp_path / "recipes/digits.yaml").write_text(base, "utf-8")
    own = "# Other.\n\ntrain:\n  lr: 0.5  # high\n  hidden: [10, 20]  # two\n"
    (tmp_path / "recipes/wide.yaml").write_text(own, "utf-8")
    (tmp_path / "recipes/long.yaml").write_text("# Long.\n\ntrain:\n  epochs: 30\n", "utf-8")
    return tmp_path


def apply(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["recipe", *words])
    main()


def complaint(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["recipe", *words])
    with pytest.raises(SystemExit) as caught:
        errors.run(main)
    return str(caught.value.code)


def test_comments_stay_and_what_changed_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(monkeypatch, "wide")
    assert (folder / "params.yaml").read_text("utf-8") == CHANGED
    assert capsys.readouterr().out.splitlines() == [
        "train.lr: 0.1 -> 0.5",
        "train.hidden: [] -> [10, 20]",
        "2 parameters of params.yaml changed; commit it, and `dvc repro` runs it",
    ]


def test_what_a_user_must_provide_is_said(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    download: dict[str, Any] = {"dataset": "folder", "address": None, "path": "photos"}
    params: Sections = {"download": download, "train": {"weights": str(path)}}
    images, weights = needed(params)
    assert images.startswith("before that: your images in photos, a folder for each class")
    assert weights.startswith(f"before that: {path}; docs/data.md says where to get it")
    path.touch()
    assert [*needed(params)] == [images]
    download["address"] = "https://example.org/photos.zip"
    assert not [*needed(params)]
    params["train"]["weights"] = "default"
    download.update(dataset="mnist", address=None)
    assert not [*needed(params)]


def test_an_extra_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    params: Sections = {"train": {"network": "timm"}}
    monkeypatch.setattr(recipe, "find_spec", lambda _: None)
    (told,) = needed(params)
    assert told.startswith("before that: `make install EXTRAS=timm`, or `pip install ")
    monkeypatch.setattr(recipe, "find_spec", lambda _: object())
    assert not [*needed(params)]


def test_going_back_gives_the_same_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(monkeypatch, "wide")
    apply(monkeypatch, "digits")
    assert (folder / "params.yaml").read_text("utf-8") == PARAMS


def test_nothing_of_another_recipe_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(monkeypatch, "wide")
    apply(monkeypatch, "long")
    once = (folder / "params.yaml").read_text("utf-8")
    assert once == PARAMS.replace("epochs: 3  #", "epochs: 30            #")


def test_a_parameter_that_no_recipe_sets_is_the_users(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "params.yaml").write_text(PARAMS.replace("'x'", "'y'"), "utf-8")
    apply(monkeypatch, "wide")
    assert "  kept: 'y'             # no recipe sets it" in (folder / "params.yaml").read_text()


def test_a_second_time_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(monkeypatch, "wide")
    (folder / "params.yaml").chmod(0o400)
    before = (folder / "params.yaml").stat()
    apply(monkeypatch, "wide")
    assert (folder / "params.yaml").stat() == before
    assert "params.yaml is as recipe wide has it" in capsys.readouterr().out


def test_lists_of_a_line_each_are_replaced(folder: Path) -> None:
    (folder / "params.yaml").write_text(PARAMS.replace("hidden: []", "hidden:\n  - 7\n  - 8"))
    params = read(Path("params.yaml"))
    changes = merge(params, settings("wide"))
    assert changes[1] == Setting("train.hidden", [7, 8], [10, 20])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which recipe? `reprise recipe NAME`, one of digits, long, wide"),
        (("wid",), 'recipe "wid" is unknown; did you mean wide?'),
        (("../params",), 'recipe "../params" is unknown; '),
    ],
)
def test_an_unknown_recipe_is_named(
    words: tuple[str, ...],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said in complaint(monkeypatch, *words)
    assert (folder / "params.yaml").read_text("utf-8") == PARAMS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PARAMS.replace("  lr: 0.1 ", "  rl: 0.1 "),
            "params.yaml: train.lr is missing; restore it",
        ),
        ("[]", "params.yaml: holds no sections of parameters"),
        ("train: 3", "params.yaml: holds no sections of parameters"),
        ("train: [", "params.yaml: cannot be read: "),
        ("a: 1\na: 2", "params.yaml: cannot be read: "),
    ],
)
def test_a_params_yaml_that_takes_no_recipe_is_left_as_it_is(
    text: str,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "params.yaml").write_text(text, "utf-8")
    assert said in complaint(monkeypatch, "wide")
    assert (folder / "params.yaml").read_text("utf-8") == text


def test_a_missing_params_yaml_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "params.yaml").unlink()
    assert complaint(monkeypatch, "wide") == "params.yaml: is missing; restore it from Git"


def test_what_recipe_there_is_not_is_an_error() -> None:
    with pytest.raises(UserError, match="unknown"):
        settings("none")


def test_a_link_its_mode_and_the_ends_of_lines_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folder / "elsewhere" / "real.yaml"
    real.parent.mkdir()
    real.write_bytes(PARAMS.replace("\n", "\r\n").encode())
    real.chmod(0o600)
    (folder / "params.yaml").unlink()
    (folder / "params.yaml").symlink_to(real)
    apply(monkeypatch, "wide")
    assert (folder / "params.yaml").is_symlink()
    assert real.read_bytes() == CHANGED.replace("\n", "\r\n").encode()
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("wrong", ["false", "3.0", "'3'", "2020-01-01", "&a [*a]"])
def test_a_value_of_another_type_is_another_value(wrong: str, folder: Path) -> None:
    (folder / "params.yaml").write_text(PARAMS.replace("epochs: 3 ", f"epochs: {wrong} "))
    params = read(Path("params.yaml"))
    assert [change.name for change in merge(params, settings("digits"))] == ["train.epochs"]
    assert params["train"]["epochs"] == 3


def test_one_parameter_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(monkeypatch, "long")
    assert "1 parameter of params.yaml changed" in capsys.readouterr().out
