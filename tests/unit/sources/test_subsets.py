"""Which files are a subset of a data set of the hub, by its README or by their names."""

from contextlib import suppress
from typing import Any

import pytest

from stages.errors import UserError
from stages.sources.dataset_card import class_features, parse
from stages.sources.subsets import ALONE, choose

ROOT = ["data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"]
FULL = ["full/test/0000.parquet", "full/train/0000.parquet", "full/train/0001.parquet"]
TINY = ["tiny/partial-train/0000.parquet", "tiny/test/0000.parquet"]


def chosen(names: list[str], subset: str | None = None, **card: Any) -> dict[str, list[str]]:  # noqa: ANN401
    return {split: [*files] for split, files in choose("a/b", names, card, subset).splits.items()}


def complaint(names: list[str], subset: str | None = None, **card: Any) -> str:  # noqa: ANN401
    with pytest.raises(UserError) as caught:
        choose("a/b", names, card, subset)
    return str(caught.value)


@pytest.mark.parametrize("subset", [None, "default"])
def test_files_below_data_or_at_the_top_are_one_set(subset: str | None) -> None:
    assert chosen(ROOT, subset) == {"train": [ROOT[1]], "test": [ROOT[0]]}
    bare = [name.removeprefix("data/") for name in ROOT]
    assert chosen(bare, subset) == {"train": [bare[1]], "test": [bare[0]]}
    inside = ["train/0000.parquet", "test/0000.parquet"]
    assert chosen(inside, subset) == {"train": [inside[0]], "test": [inside[1]]}


def test_a_folder_is_a_subset() -> None:
    assert chosen(FULL) == {"train": FULL[1:], "test": FULL[:1]}
    assert chosen(FULL + TINY, "tiny") == {"train": TINY[:1], "test": TINY[1:]}
    expected = "a/b: has several subsets; set download.subset to one of full, tiny"
    assert complaint(FULL + TINY) == expected
    assert complaint(FULL, "tiny") == "a/b: has no subset tiny; set download.subset to one of full"


def test_files_whose_names_tell_no_split_are_others() -> None:
    extra = "full/extra/0000.parquet"
    choice = choose("a/b", [*FULL, extra], {}, None)
    assert [*choice.splits["train"]] == FULL[1:]
    assert choice.others == [extra]


def test_one_file_of_no_split_is_train() -> None:
    assert chosen(["images.parquet"]) == {"train": ["images.parquet"]}


def test_a_part_that_the_repository_lacks_is_missed() -> None:
    names = ["train-00000-of-00002.parquet", "test-00000-of-00001.parquet"]
    assert "train has 1 of 2 parts" in complaint(names)
    declared = {"data_files": [{"split": "train", "path": "train-*"}]}
    assert "train has 1 of 2 parts" in complaint(names, configs=[declared])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("data/*", {"train": ROOT}),
        (["data/train-*"], {"train": ROOT[1:]}),
        ({"test": "data/test-*"}, {"test": ROOT[:1]}),
        ([{"split": "validation", "path": ["data/test*", "data/none*"]}], {"val": ROOT[:1]}),
        ([{"split": "train", "path": "**/train-*"}], {"train": ROOT[1:]}),
        (None, {"train": ROOT[1:], "test": ROOT[:1]}),
    ],
)
def test_patterns_are_read_as_the_hub_reads_them(
    files: object, expected: dict[str, list[str]]
) -> None:
    assert chosen(ROOT, configs=[{"config_name": "one", "data_files": files}]) == expected
    assert chosen(ROOT, configs={"data_files": files}) == expected


def test_a_star_does_not_cross_a_folder() -> None:
    message = complaint(ROOT, configs=[{"data_files": "*.parquet"}])
    assert message.startswith(
        "a/b: subset default of its README.md has no .parquet file (data_files: *.parquet); "
        "it has no other subset: fetch the files"
    )


def test_patterns_are_within_the_folder() -> None:
    configs = [{"data_dir": "full", "data_files": [{"split": "test", "path": "test/*"}]}]
    assert chosen(FULL + TINY, configs=configs) == {"test": FULL[:1]}
    assert chosen(FULL + TINY, configs=[{"data_dir": "./full"}]) == {
        "train": FULL[1:],
        "test": FULL[:1],
    }


def test_the_default_is_the_one_that_is_marked_or_called_so() -> None:
    full, tiny = ({"config_name": name, "data_dir": name} for name in ("full", "tiny"))
    both = FULL + TINY
    assert {*chosen(both, configs=[full, {**tiny, "default": True}])["test"]} == {TINY[1]}
    named = [full, {**tiny, "config_name": "default"}]
    assert {*chosen(both, configs=named)["test"]} == {TINY[1]}
    assert {*chosen(both, "full", configs=named)["test"]} == {FULL[0]}
    assert "set download.subset to one of full, tiny" in complaint(both, configs=[full, tiny])


def test_two_published_splits_are_never_silently_one() -> None:
    files = [{"split": "dev", "path": ROOT[0]}, {"split": "validation", "path": ROOT[1]}]
    message = complaint(ROOT, configs=[{"data_files": files}])
    assert message == f"a/b: dev, validation are one split here; {ALONE}"
    configs = [{"config_name": "one", "data_files": files}, {"config_name": "two"}]
    message = complaint(ROOT, "one", configs=configs)
    assert message == "a/b: dev, validation are one split here; choose another download.subset"
    assert {*chosen(ROOT, "two", configs=configs)} == {"train", "test"}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["data/train.parquet", "data/val.parquet", "data/dev.parquet"], "dev, val"),
        (["train.parquet", "Validation.parquet", "eval.parquet"], "eval, validation"),
        (["train-0.parquet", "training-1.parquet"], "train, training"),
        (["val/0000.parquet", "dev/0000.parquet"], "dev, val"),
        (["val-00000-of-00001.parquet", "dev-00000-of-00001.parquet"], "dev, val"),
    ],
)
def test_two_splits_that_names_tell_are_never_silently_one(names: list[str], told: str) -> None:
    assert complaint(names) == f"a/b: {told} are one split here; {ALONE}"
    configs = [{"config_name": "all"}, {"config_name": "none", "data_dir": "x"}]
    message = f"a/b: {told} are one split here; choose another download.subset"
    assert complaint(names, "all", configs=configs) == message


@pytest.mark.parametrize(
    "item", [{"data_dir": "/etc"}, {"data_dir": "photos"}, {"data_files": "photos/*"}]
)
def test_a_subset_without_parquet_is_named_and_spoils_no_other(item: dict[str, str]) -> None:
    name, where = "a\nb", ": ".join(next(iter(item.items())))
    odd = {"config_name": name, **item}
    lacks = rf"a/b: subset a\nb of its README.md has no .parquet file ({where}); "
    assert complaint(ROOT, configs=[odd]) == lacks + ALONE
    both = [odd, {"config_name": "good", "data_dir": "data"}]
    assert complaint(ROOT, name, configs=both) == f"{lacks}choose another download.subset"
    assert chosen(ROOT, "good", configs=both) == {"train": ROOT[1:], "test": ROOT[:1]}


def test_a_pattern_that_is_none_is_named_and_spoils_no_other() -> None:
    configs = [{"config_name": "odd", "data_files": "data/**.parquet"}, {"config_name": "good"}]
    assert complaint(ROOT, "odd", configs=configs) == (
        "a/b: **.parquet holds ** beside other characters; choose another download.subset"
    )
    assert {*chosen(ROOT, "good", configs=configs)} == {"train", "test"}


def test_a_subset_that_is_named_twice_is_refused() -> None:
    one, two = (
        {"config_name": "one", "data_files": f"data/{name}-*"} for name in ("test", "train")
    )
    message = complaint(ROOT, configs=[one, two])
    assert message == f"a/b: its README.md names subset one 2 times; {ALONE}"
    other = {"config_name": "other", "data_dir": "data"}
    assert "one 2 times; choose another download.subset" in complaint(
        ROOT, "one", configs=[one, two, other]
    )
    assert {*chosen(ROOT, "other", configs=[one, two, other])} == {"train", "test"}


def test_the_front_matter_is_text_as_written() -> None:
    card = parse("""
configs:
- config_name: no
  data_dir: ~
  default: true
- config_name: 2020_01
  data_dir: null
  default: false
- &base
  config_name: base
  data_dir: data
- <<: *base
  config_name: 1.10
dataset_info:
  features: [{name: label, dtype: {class_label: {names: {'0': yes, 1: no, '2': null, 3: 010}}}}]
""")
    assert choose("a/b", ROOT, card, None).name == "no"
    for name in ("no", "2020_01", "base", "1.10"):
        assert choose("a/b", ROOT, card, name).splits == {"train": ROOT[1:], "test": ROOT[:1]}
    label = {"_type": "ClassLabel", "names": {"0": "yes", "1": "no", "2": "null", "3": "010"}}
    assert class_features(card, "no") == {"label": label}
    for odd in ("- a", "a", "a: [", "a: !!python/object:os.system x"):
        with pytest.raises(Exception, match=r"mapping|expected|constructor"):
            parse(odd)
    assert parse("# nothing") == {}


@pytest.mark.parametrize("configs", [3, "x", [None], [{"data_files": 5}], [{"data_files": []}]])
def test_a_readme_of_any_shape_raises_no_other_error(configs: object) -> None:
    with suppress(UserError):
        chosen(ROOT, configs=configs)


def test_classes_are_those_of_the_subset() -> None:
    def info(name: str, *names: str) -> dict[str, object]:
        label = {"name": "label", "dtype": {"class_label": {"names": dict(enumerate(names))}}}
        columns = [{"name": "image", "dtype": "image"}, label, {"name": "id", "dtype": "int64"}]
        return {"config_name": name, "features": columns}

    both = {"dataset_info": [info("one", "a", "b"), info("two", "c")]}
    one = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": {"0": "a", "1": "b"}},
    }
    assert class_features(both, "one") == one
    assert class_features(both, None) == {}
    assert class_features({"dataset_info": info("one", "a", "b")}, None) == one
    for odd in (None, 3, [], [{"features": "x"}], {"features": [{"dtype": {"class_label": 3}}]}):
        assert class_features({"dataset_info": odd}, None) == {}
