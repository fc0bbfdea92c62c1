import pytest

from reprise.tool_parsers import parser
from stages.errors import UserError
from tools import folds, repeat
from tools.repeating.variants import require_free, require_several


def test_repeat_sets_a_seed() -> None:
    assert repeat.variants(2, splits=False) == [
        ("seed0", ("train.seed=0",)),
        ("seed1", ("train.seed=1",)),
    ]
    assert repeat.variants(2, splits=True)[1] == (
        "split1",
        ("train.seed=1", "preprocess.seed=1"),
    )


def test_folds_sets_a_fold() -> None:
    assert folds.variants(3)[2] == (
        "fold2of3",
        ("preprocess.folds=3", "preprocess.fold=2", "evaluate.split=test"),
    )


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "", "1001", "²", "1_0", "9" * 5000])
def test_what_is_no_number_of_runs_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser("folds").read([text])
    printed = capsys.readouterr().err
    assert "argument K: must be a whole number from 1 to 1,000, is " in printed
    assert len(printed) < 300


def test_one_run_is_refused() -> None:
    with pytest.raises(UserError, match="K must be at least 2, is 1"):
        require_several(1, "K")
    require_several(2, "K")


@pytest.mark.parametrize(
    "setting", ["train.seed=1", "params.yaml:train.seed=1", "+train.seed=1", "~train.seed=1"]
)
def test_what_the_command_sets_is_not_the_users(setting: str) -> None:
    with pytest.raises(UserError, match=r"-S train\.seed: this command sets it"):
        require_free(["train.lr=1", setting], ["train.seed"])


@pytest.mark.parametrize("setting", ["train.lr", "", "=1"])
def test_a_setting_is_a_name_and_a_value(setting: str) -> None:
    with pytest.raises(UserError, match="takes a parameter and its value"):
        require_free([setting], [])


@pytest.mark.parametrize("value", ["0.01,0.02", "choice(1,2)", "range(1, 3)", "a,[1,2]", "glob(*)"])
def test_several_values_are_refused(value: str) -> None:
    with pytest.raises(UserError, match=r"-S train\.x=.*: is several values, and a run takes one"):
        require_free([f"train.x={value}"], [])


@pytest.mark.parametrize("value", ["[32,64]", "'a,b'", '"(a,b)"', "{a: 1, b: 2}", "[[1,2],[3,4]]"])
def test_a_list_is_one_value(value: str) -> None:
    require_free([f"train.x={value}"], [])


def test_settings_add_up() -> None:
    words = ["5", "-S", "train.lr=1", "-S", "train.epochs=2", "--jobs", "2"]
    given = parser("folds").read(words)
    assert (given.count, given.settings, given.jobs) == (5, ["train.lr=1", "train.epochs=2"], 2)


def test_a_number_that_is_missing_is_called_as_in_the_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parser("folds").read([])
    assert "required: K" in capsys.readouterr().err
