import pytest

from stages.sources import split_names


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"), ("TRAIN", "train"), ("Training", "train"), ("training_set", "train"),
        ("train_set", "train"), ("Train_Data", "train"), ("train_images", "train"),
        ("trainset", "train"), ("TrainSet", "train"), ("train2017", "train"), ("train-1", "train"),
        ("val", "val"), ("valid", "val"), ("validation_set", "val"), ("eval", "val"),
        ("dev", "val"), ("Dev Set", "val"), ("testing_set", "test"), ("test_data", "test"),
        ("partial-test", "test"), ("Test Images", "test"),
    ],
)  # fmt: skip
def test_the_spellings_people_use_name_a_split(name: str, split: str) -> None:
    assert split_names.exact_split(name) == split


@pytest.mark.parametrize(
    "name",
    [
        "test tube", "development", "trainers", "bullet train", "strain", "latest", "contest",
        "evaluator", "invalid", "interval", "seg_train", "trained", "testament", "data", "images",
        "", "2017", "train_val",
    ],
)  # fmt: skip
def test_a_class_names_no_split(name: str) -> None:
    assert split_names.exact_split(name) == ""


def test_other_words_must_be_the_same_for_two_splits() -> None:
    names = ["seg_train", "seg_test", "test tube", "bullet train", "val"]
    assert split_names.split_folders(names) == {
        "seg_train": "train",
        "seg_test": "test",
        "val": "val",
    }


@pytest.mark.parametrize(
    ("path", "splits"),
    [
        ("cifar10-test.parquet", {"test"}),
        ("train/0000.parquet", {"train"}),
        ("a/partial-train/b/0000.parquet", {"train"}),
        ("train/test.csv", {"test"}),
        ("test_images_train.parquet", {"train", "test"}),
        ("photos.parquet", set()),
        ("mnist.train", set()),
    ],
)
def test_a_path_speaks_by_its_name_then_by_the_nearest_folder(path: str, splits: set[str]) -> None:
    assert split_names.find_in_path(path) == splits
