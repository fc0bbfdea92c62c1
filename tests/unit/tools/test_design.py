"""search.yaml is held against params.yaml before anything runs."""

import shutil
from pathlib import Path

import pytest

from stages.errors import UserError
from tools.searching import design

ROOT = Path(__file__).parents[3]
SEARCH = """\
search:
  aim: val_accuracy
  trials: 30
  seed: 0
  sampler: tpe
  prune: median

ranges:
  train.lr: {low: 1e-4, high: 1e-1, log: true}
  train.network: [mlp, cnn]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(old: str = "", new: str = "") -> design.Design:
    assert old in SEARCH
    Path("search.yaml").write_text(SEARCH.replace(old, new) if old else SEARCH, "utf-8")
    return design.load()


def complaint(old: str, new: str) -> str:
    with pytest.raises(UserError) as caught:
        load(old, new)
    return str(caught.value)


def set_param(old: str, new: str) -> None:
    text = Path("params.yaml").read_text("utf-8")
    assert old in text
    Path("params.yaml").write_text(text.replace(old, new), "utf-8")


def test_the_published_file_is_understood() -> None:
    shutil.copy(ROOT / "search.yaml", "search.yaml")
    assert design.load().params.trials == 30


def test_ranges_and_what_params_yaml_says_of_them() -> None:
    found = load()
    assert [*found.ranges] == ["train.lr", "train.network"]
    assert found.default == {"train.lr": 0.005, "train.network": "cnn"}
    assert found.maximize
    assert not load("val_accuracy", "val_loss").maximize


def test_their_number_does_not_make_it_another_study() -> None:
    assert load("trials: 30", "trials: 40").identity() == load().identity()
    for old, new in [("seed: 0", "seed: 1"), ("1e-4", "1e-5"), ("median", "none")]:
        assert load(old, new).identity() != load().identity()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  trials: 30\n", "", "search.trials is missing; add it: trials in all"),
        ("trials: 30", "trials: 0", "search.trials must be greater than or equal to 1, is 0"),
        ("  seed: 0\n", "  seed: 0\n  job: 2\n", "search.job is unknown"),
        ("val_accuracy", "val_f1", "search.aim must be "),
        ("tpe", "gp", "search.sampler must be 'tpe' or 'random', is \"gp\""),
        ("median", "true", "search.prune must be "),
        ("ranges:", "range:", "section range is unknown; did you mean ranges?"),
        ("search:", "train:", "section train is unknown"),
        ("  train.lr", "  train.lrr", "ranges.train.lrr: is no parameter of params.yaml; did you"),
        ("  train.lr", "  lr", "ranges.lr: is no parameter of params.yaml; did you mean train.lr?"),
        ("  train.lr", "  preprocess.seed", "ranges.preprocess.seed: decides which images are in"),
        ("  train.lr", "  download.path", "ranges.download.path: decides which images are in val"),
        ("  train.lr", "  export.opset", "ranges.export.opset: export does not change what a"),
        ("low: 1e-4", "low: 0", "ranges.train.lr: low must be greater than 0 where log is true"),
        ("low: 1e-4, high: 1e-1, log: true", "low: -1, high: 1", "-1.0 is refused: train.lr must"),
        ("high: 1e-1", "high: 1e9", "ranges.train.lr: 1000000000.0 is refused: train.lr must be"),
        ("[mlp, cnn]", "[mlp, vgg]", 'ranges.train.network: "vgg" is refused: train.network must'),
        ("[mlp, cnn]", "[mlp, 3]", "ranges.train.network: 3 is refused"),
        ("  train.lr: {low: 1e-4, high: 1e-1, log: true}\n  train.network: [mlp, cnn]\n", "", ""),
        ("ranges:\n", "ranges: [\n", "search.yaml: is not valid YAML"),
    ],
)
def test_a_mistake_is_one_line(old: str, new: str, said: str) -> None:
    found = complaint(old, new)
    assert said in found
    assert found.startswith("search.yaml: ")
    assert "\n" not in found


def test_all_wrong_ranges_are_told() -> None:
    found = complaint(
        "{low: 1e-4, high: 1e-1, log: true}\n  train.network: [mlp, cnn]", "3\n  a: 4"
    )
    assert [line.partition(":")[2].partition(":")[0] for line in found.splitlines()] == [
        " ranges.train.lr",
        " ranges.a",
    ]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match=r"search.yaml: is missing"):
        design.load()


def test_who_aims_at_test_is_refused() -> None:
    found = complaint("val_accuracy", "macro_f1")
    assert "search.aim is macro_f1, which metrics/evaluate.json has of test" in found
    assert "set evaluate.split to val" in found
    set_param("  split: test ", "  split: val  ")
    assert "search.prune is median, and macro_f1 has no curve" in complaint(
        "val_accuracy", "macro_f1"
    )
    Path("search.yaml").write_text(
        SEARCH.replace("val_accuracy", "loss").replace("median", "none"), "utf-8"
    )
    assert not design.load().maximize


def test_what_stands_there_already_is_written_as_it_stands() -> None:
    found = load("[mlp, cnn]", "[mlp, cnn]\n  train.label_smoothing: {low: 0, high: 0.2}")
    value = found.setting("train.label_smoothing", 0.0)
    assert (value, type(value)) == (0, int)  # else DVC's file would say 0.0
    assert found.setting("train.label_smoothing", 0.1) == 0.1
    assert found.setting("train.network", "mlp") == "mlp"


def test_whole_numbers_stay_whole() -> None:
    found = load("train.lr: {low: 1e-4, high: 1e-1, log: true}", "train.epochs: {low: 1, high: 9}")
    assert found.ranges["train.epochs"].setting(3) == 3
    message = complaint(
        "train.lr: {low: 1e-4, high: 1e-1, log: true}", "train.epochs: {low: 1, high: 9.5}"
    )
    assert "ranges.train.epochs: takes whole numbers alone" in message


@pytest.mark.parametrize(
    ("aim", "best", "told"),
    [
        ("val_loss", "accuracy", True),
        ("val_accuracy", "accuracy", False),
        ("val_loss", "loss", False),
    ],
)
def test_an_aim_that_does_not_choose_the_epoch_is_told(aim: str, best: str, told: bool) -> None:  # noqa: FBT001
    set_param("best: accuracy", f"best: {best}")
    said = [*design.remarks(load("aim: val_accuracy", f"aim: {aim}"))]
    assert bool(said) == told
    assert all(
        "the score of a trial is val_loss of the epoch of the best accuracy" in line
        for line in said
    )
