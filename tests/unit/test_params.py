from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

import stages.preprocess
from stages.errors import UserError
from stages.imaging.splitting import Splitting
from stages.params import PATH, Params, Seed
from stages.sections import stage_names

GOOD = """\
train:
  seed: 0
  epochs: 20
  lr: 0.005
  network: cnn
  sizes: [8, 16]
"""


class Weights(Params):
    network: Literal["cnn", "mlp"] = Field(description="family")
    sizes: tuple[PositiveInt, ...] = Field(description="filters of each block")


class Train(Weights):
    seed: Seed = Field(description="initial weights")
    epochs: PositiveInt = Field(description="passes over the images")
    lr: PositiveFloat = Field(description="learning rate")


class Preprocess(Splitting):
    pass


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(content: str | bytes) -> Train:
    PATH.write_bytes(content.encode() if isinstance(content, str) else content)
    return Train.load()


def complaint(content: str | bytes) -> str:
    with pytest.raises(UserError) as caught:
        load(content)
    return str(caught.value)


def with_value(key: str, value: str) -> str:
    lines = (
        f"  {key}: {value}" if line.startswith(f"  {key}:") else line for line in GOOD.splitlines()
    )
    return "\n".join(lines) + "\n"


def test_a_section_becomes_typed_values() -> None:
    assert load(GOOD) == Train(seed=0, epochs=20, lr=0.005, network="cnn", sizes=(8, 16))


@pytest.mark.parametrize(
    "content",
    [
        "# a comment\n" + GOOD.replace("lr: 0.005", "lr: 0.005  # another"),
        "\n".join(["train:", *reversed(GOOD.splitlines()[1:])]),
        "train: {sizes: [8, 16], network: 'cnn', epochs: 20, seed: 0, lr: 5e-3}",
        GOOD + "evaluate: {anything: goes}\n",
        "evaluate: null\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        "---\n" + GOOD + "...\n",
    ],
    ids=["comment", "order", "flow", "more", "null before", "CRLF", "byte order mark", "document"],
)
def test_only_the_values_count(content: str) -> None:
    assert load(content) == load(GOOD)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-06", 1e-6), ("1e-6", 1e-6), ("1E3", 1000.0), ("3", 3.0), (".5", 0.5), ("+2.5", 2.5)],
)
def test_a_number_is_read_as_yaml_1_2_says(text: str, value: float) -> None:
    lr = load(with_value("lr", text)).lr
    assert lr == value
    assert type(lr) is float


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_a_seed_may_be_what_numpy_takes(seed: int) -> None:
    assert load(with_value("seed", str(seed))).seed == seed


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("lr", "-1", "train.lr must be greater than 0, is -1"),
        ("lr", "0", "train.lr must be greater than 0, is 0"),
        ("lr", "abc", 'train.lr must be a valid number, is "abc"'),
        ("lr", '"0.1"', 'train.lr must be a valid number, is "0.1"'),
        ("lr", "true", "train.lr must be a valid number, is true"),
        ("lr", "null", "train.lr must be a valid number, is null"),
        ("lr", "", "train.lr must be a valid number, is null"),
        ("lr", "[0.1]", "train.lr must be a valid number, is [0.1]"),
        ("lr", "{a: 1}", 'train.lr must be a valid number, is {"a": 1}'),
        ("lr", "2020-01-31", 'train.lr must be a valid number, is "2020-01-31"'),
        ("lr", "1:30", 'train.lr must be a valid number, is "1:30"'),
        ("lr", ".nan", "train.lr must be a finite number, is NaN"),
        ("lr", ".inf", "train.lr must be a finite number, is Infinity"),
        ("lr", "-.inf", "train.lr must be a finite number, is -Infinity"),
        ("lr", "1e999", "train.lr must be a finite number, is Infinity"),
        ("epochs", "0", "train.epochs must be greater than 0, is 0"),
        ("epochs", "2.0", "train.epochs must be a valid integer, is 2.0"),
        ("epochs", "2.5", "train.epochs must be a valid integer, is 2.5"),
        ("epochs", "1e1", "train.epochs must be a valid integer, is 10.0"),
        ("epochs", "true", "train.epochs must be a valid integer, is true"),
        ("epochs", ".nan", "train.epochs must be a valid integer, is NaN"),
        ("epochs", ".inf", "train.epochs must be a valid integer, is Infinity"),
        ("epochs", "twenty", 'train.epochs must be a valid integer, is "twenty"'),
        ("seed", "-1", "train.seed must be greater than or equal to 0, is -1"),
        (
            "seed",
            "4294967296",
            "train.seed must be less than or equal to 4294967295, is 4294967296",
        ),
        ("network", "cmm", "train.network must be 'cnn' or 'mlp', is \"cmm\""),
        ("network", "3", "train.network must be 'cnn' or 'mlp', is 3"),
        ("sizes", "8", "train.sizes must be a valid array, is 8"),
        ("sizes", "[8, -1]", "train.sizes.1 must be greater than 0, is -1"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(key: str, text: str, message: str) -> None:
    assert complaint(with_value(key, text)) == f"params.yaml: {message}"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("epoch", "train.epoch is unknown; did you mean train.epochs?"),
        ("LR", "train.LR is unknown; did you mean train.lr?"),
        (
            "momentum_decay",
            "train.momentum_decay is unknown; known are: epochs, lr, network, seed, sizes",
        ),
        ("1", "train.1 is unknown; known are: epochs, lr, network, seed, sizes"),
        ("~", "train.null is unknown; known are: epochs, lr, network, seed, sizes"),
        ("true", "train.true is unknown; known are: epochs, lr, network, seed, sizes"),
    ],
)
def test_an_unknown_key_comes_with_the_nearest_or_all_known_ones(key: str, message: str) -> None:
    assert complaint(f"{GOOD}  {key}: 1\n") == f"params.yaml: {message}"


def test_a_missing_key_comes_with_its_meaning() -> None:
    missing = "params.yaml: train.lr is missing; add it: learning rate"
    assert complaint(GOOD.replace("  lr: 0.005\n", "")) == missing


def test_every_problem_has_a_line_of_its_own() -> None:
    content = with_value("lr", "-1").replace("  seed: 0\n", "  sede: 0\n")
    assert set(complaint(content).split("\n")) == {
        "params.yaml: train.lr must be greater than 0, is -1",
        "params.yaml: train.seed is missing; add it: initial weights",
        "params.yaml: train.sede is unknown; did you mean train.seed?",
    }


def test_an_empty_section_misses_every_key() -> None:
    lines = complaint("train: {}").split("\n")
    assert len(lines) == 5
    assert all("is missing; add it: " in line for line in lines)


def test_a_missing_file_is_named_with_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Train.load()
    assert str(caught.value) == (
        f"params.yaml: is missing in {tmp_path}; run from the repository's top folder, "
        "or restore it with `git checkout params.yaml`"
    )


def test_a_folder_in_place_of_the_file_is_refused() -> None:
    PATH.mkdir()
    with pytest.raises(UserError, match=r"^params\.yaml: .*directory"):
        Train.load()


def test_a_missing_section_is_named() -> None:
    assert complaint("evaluate: {}") == (
        "params.yaml: section train is missing; restore it with `git checkout params.yaml`"
    )


def test_a_stage_is_a_script_that_defines_the_class_of_its_section(tmp_path: Path) -> None:
    assert stage_names() == ["download", "evaluate", "export", "inspect", "preprocess", "train"]
    start = '\n\nif __name__ == "__main__":\n    main()\n'
    scripts = {
        "train": f"class Train(Fit):\n    lr: float{start}",
        "sweep": f"class Grid(Params):\n    lr: float{start}",  # of another name
        "plot": f"def main() -> None: ...{start}",  # without a class
        "params": "class Params(BaseModel): ...\n",  # a module
    }
    for name, text in scripts.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / ".#train.py").symlink_to("me@host.1:2")  # an editor's lock
    (tmp_path / "mine.py").write_bytes("# ä\n".encode("latin-1"))
    assert stage_names(tmp_path) == ["train"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("tran", "did you mean train?"),
        ("Train", "did you mean train?"),
        ("params", "known are: download, evaluate, export, inspect, preprocess, train"),
        ("model", "known are: download, evaluate, export, inspect, preprocess, train"),
        ("1", "known are: download, evaluate, export, inspect, preprocess, train"),
        ("~", "known are: download, evaluate, export, inspect, preprocess, train"),
    ],
)
def test_a_section_without_a_stage_is_refused(name: str, remedy: str) -> None:
    label = "None" if name == "~" else name
    message = f"params.yaml: section {label} is unknown; {remedy}"
    assert complaint(f"{GOOD}{name}: {{}}\n") == message


@pytest.mark.parametrize(
    ("text", "held"),
    [("", "None"), ("null", "None"), ("[1]", "[1]"), ("3", "3"), ("2020-01-31", "2020-01-31")],
)
def test_a_section_that_is_no_mapping_is_refused(text: str, held: str) -> None:
    assert complaint(f"train: {text}") == (
        f"params.yaml: section train must hold one key per parameter, holds {held}"
    )


@pytest.mark.parametrize(
    ("content", "held"),
    [
        ("", "None"),
        ("# only a comment", "None"),
        ("- 1", "[1]"),
        ("abc", "'abc'"),
        ("&a [*a]", "[[...]]"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(content: str, held: str) -> None:
    assert complaint(content) == f"params.yaml: must hold one section per stage, holds {held}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("train: [1\n", "line 2: expected ',' or ']', but got '<stream end>'"),
        ("train:\n\tlr: 1\n", r"line 2: found character '\t' that cannot start any token"),
        ("train: *a\n", "line 1: found undefined alias 'a'"),
        (
            GOOD + "  lr: 1\n",
            'line 7: found duplicate key "lr" with value "1" (original value: "0.005")',
        ),
        (
            with_value("lr", "!!python/name:os.system"),
            (
                "line 4: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/name:os.system'"
            ),
        ),
        (GOOD + "  ? {a: 1}\n  : 2\n", "line 7: found unhashable key"),
        (GOOD + "---\n" + GOOD, "line 7: but found another document"),
    ],
    ids=["open bracket", "tab", "alias", "duplicate", "Python tag", "unhashable", "two documents"],
)
def test_what_is_no_yaml_is_refused_with_its_line(content: str, reason: str) -> None:
    assert complaint(content) == f"params.yaml: is not valid YAML: {reason}; mend it by hand"


@pytest.mark.parametrize(
    "content",
    [
        b"train: \xff\n",
        GOOD.encode("utf-16"),
        b"train: \x00\n",
        with_value("epochs", "9" * 5000),
        with_value("epochs", "!!int abc"),
        with_value("epochs", "!!int ''"),
        with_value("epochs", "!!bool abc"),
        "train: " + "[" * 1000 + "]" * 1000,
        "train: " + "{a: " * 5000,
        "train: !!timestamp x\n",
        "%YAML 9.9\n---\ntrain: {}\n",
    ],
    ids=[
        "no UTF-8",
        "UTF-16",
        "NUL",
        "5,000 digits",
        "int",
        "no int",
        "bool",
        "deep",
        "deeper",
        "no date",
        "directive",
    ],
)
def test_bytes_that_the_parser_chokes_on_are_refused(content: str | bytes) -> None:
    message = complaint(content)
    assert message.startswith("params.yaml: is not valid YAML: ")
    assert message.endswith("; mend it by hand")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("train: &a\n  lr: *a\n", "Circular reference"),
        ("&a\ntrain: *a\n", "Circular reference"),
        (GOOD + "  ? [1, 2]\n  : 3\n", "not tuple"),
        (GOOD + "  2020-01-31: 3\n", "not datetime.date"),
    ],
    ids=["value", "file", "list key", "date key"],
)
def test_a_section_of_more_than_names_and_values_is_refused(content: str, reason: str) -> None:
    message = complaint(content)
    assert message.startswith("params.yaml: section train is not plain: ")
    assert reason in message


def test_values_cannot_be_changed() -> None:
    params = load(GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        params.lr = 1.0  # type: ignore[misc]
    assert params.lr == 0.005


def test_a_part_holds_the_values_of_that_group_alone() -> None:
    assert load(GOOD).part(Weights) == Weights(network="cnn", sizes=(8, 16))


def test_a_group_that_is_no_parent_has_no_part() -> None:
    with pytest.raises(AttributeError, match="splits"):
        load(GOOD).part(Splitting)


@pytest.mark.parametrize(("val", "test", "total"), [(0.8, 0.2, "1"), (0.9, 0.5, "1.4")])
def test_a_rule_across_keys_names_the_section(val: float, test: float, total: str) -> None:
    shares = f"val_fraction: {val}, test_fraction: {test}, folds: null, fold: 0"
    section = f"seed: 0, splits: fresh, {shares}"
    PATH.write_text(f"preprocess: {{{section}}}")
    with pytest.raises(UserError) as caught:
        Preprocess.load()
    assert str(caught.value) == (
        f"params.yaml: preprocess: val_fraction + test_fraction must be less than 1, is {total}"
    )


@pytest.mark.parametrize(("val", "test"), [(0.6, 0.4), (0.3, 0.9)])
def test_of_folds_no_share_is_the_test_s(val: float, test: float) -> None:
    shares = f"val_fraction: {val}, test_fraction: {test}, folds: 3, fold: 0"
    PATH.write_text(f"splitting: {{seed: 0, splits: fresh, {shares}}}")
    assert Splitting.load(known=["splitting"]).asked([])["test"] == 1 / 3


def bomb(depth: int, values: int = 9) -> str:
    """Return a list in which every alias stands for so many lists, `depth` times over."""
    names = [f"&a{level} [{', '.join([f'*a{level - 1}'] * values)}]" for level in range(1, depth)]
    return f"[&a0 [{', '.join(['1'] * values)}], {', '.join(names)}]"


@pytest.mark.parametrize("depth", [6, 40])
def test_aliases_that_stand_for_thousands_of_values_are_refused(depth: int) -> None:
    assert complaint(with_value("sizes", bomb(depth))) == (
        "params.yaml: train.sizes holds more than 10,000 values, counting what aliases (*name) "
        "stand for; write it without them"
    )


def test_where_a_section_should_be_they_are_not_written_out() -> None:
    assert len(complaint(f"train: {bomb(40)}")) < 400
    assert len(complaint(bomb(40))) < 400


def test_an_alias_of_a_plain_value_is_that_value() -> None:
    aliased = GOOD.replace("epochs: 20", "epochs: &n 8").replace("[8, 16]", "[*n, 16]")
    assert load(aliased).sizes == (8, 16)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"a\\0b"', 'text without control characters, has U+0000, is "a\\u0000b"'),
        ('"\\uD800"', 'text without control characters, has U+D800, is "\\ud800"'),
        ('["\\e[2J"]', 'text without control characters, has U+001B, is "\\u001b[2J"'),
        ("0x" + "f" * 4000, "a number of at most 300 digits; mend it by hand"),
        ("1" + "0" * 400, "a number of at most 300 digits; mend it by hand"),
    ],
    ids=["NUL", "half a letter", "escape", "hexadecimal", "401 digits"],
)
def test_what_nobody_writes_on_purpose_is_refused(text: str, message: str) -> None:
    assert complaint(with_value("network", text)) == f"params.yaml: train.network must be {message}"


def test_what_is_nested_deep_is_refused() -> None:
    expected = "params.yaml: train.sizes is nested deeper than 20 lists; mend it by hand"
    assert complaint(with_value("sizes", "[" * 30 + "]" * 30)) == expected


def test_a_file_of_another_size_than_parameters_have_is_refused() -> None:
    message = complaint(GOOD + "# " + "x" * 2**20)
    assert message.startswith("params.yaml: holds 1,048,")
    assert message.endswith(
        "expected at most 1,048,576; restore it with `git checkout params.yaml`"
    )


@pytest.mark.parametrize("name", ["x" * 200_000, '"\\e[31m"', '"\\u202E"'])
def test_a_name_of_a_section_is_shortened_and_escaped(name: str) -> None:
    message = complaint(f"{GOOD}? {name}\n: {{}}\n")
    assert message.startswith("params.yaml: section ")
    assert len(message) < 400
    assert message.isprintable()


def test_too_little_memory_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: object, **__: object) -> str:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Path, "read_text", short)
    with pytest.raises(OSError, match="Too many open files"):
        load(GOOD)


def test_who_writes_preprocess_size_is_told_what_it_is_called_now() -> None:
    text = (Path(__file__).parents[2] / "params.yaml").read_text("utf-8")
    PATH.write_text(text.replace("  image_size:", "  size:"), "utf-8")
    with pytest.raises(UserError) as caught:
        stages.preprocess.Preprocess.load()
    assert str(caught.value) == (
        "params.yaml: preprocess.size is called image_size now (DVC's run cache does not see a "
        "parameter called size); rename it"
    )
