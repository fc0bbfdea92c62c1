from typing import get_args

import pytest

from stages.sources.catalog import SetName
from stages.sources.titles import titled


@pytest.mark.parametrize(
    ("dataset", "title"),
    [("digits", "Digits"), ("mnist", "MNIST"), ("cifar10", "CIFAR-10"), ("food101", "Food-101")],
)
def test_named_sets_go_by_their_published_names(dataset: str, title: str) -> None:
    assert titled(dataset, "data/source") == title


@pytest.mark.parametrize("name", get_args(SetName))
def test_each_named_set_has_a_name(name: str) -> None:
    assert titled(name, "data/source", None, "letters")


def test_a_part_is_told() -> None:
    assert titled("emnist", "x", None, "letters") == "EMNIST letters"


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ("data/source", ""),
        ("data/source/", ""),
        (".", ""),
        ("/", ""),
        ("data/photos", "photos"),
        ("/home/somebody/secret/hymenoptera_data.zip", "hymenoptera data"),
        ("data/flowers.tar.gz", "flowers"),
        ("C:\\mine\\cats", "cats"),
        ("data/v1.2", "v1.2"),
        ("https://me:secret@example.com/a/cats.zip?token=secret#x", "cats"),
        ("s3://bucket/cats", "cats"),
        ("data/猫", "猫"),
        ("data/a\nb", "a\\nb"),
    ],
)
@pytest.mark.parametrize("layout", ["folder", "pairs", "table", "parquet"])
def test_own_images_go_by_the_last_part_of_their_place(layout: str, place: str, title: str) -> None:
    assert titled(layout, place) == title


def test_a_set_of_the_hub_goes_by_its_repository() -> None:
    assert titled("hub", "data/source", "owner/cats") == "owner/cats"
    assert titled("hub", "data/source", None) == ""
