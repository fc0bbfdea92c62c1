from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture
from sklearn.datasets import load_digits

from stages.artifacts.raw import Raw
from stages.sources import digits


@pytest.fixture(scope="module")
def loaded() -> Raw:
    return digits.load()


def test_the_scans_are_those_of_scikit_learn(loaded: Raw) -> None:
    scans = [np.asarray(Picture.open(BytesIO(image.data))) for image in loaded.splits["train"]]
    expected = load_digits().images  # 17 shades of ink
    np.testing.assert_allclose(np.stack(scans) / 255 * 16, expected, atol=16 / 255 / 2)


def test_no_ink_is_black_and_full_ink_is_white(loaded: Raw) -> None:
    scans = [np.asarray(Picture.open(BytesIO(image.data))) for image in loaded.splits["train"]]
    assert (np.min(scans), np.max(scans)) == (0, 255)


def test_labels_index_the_classes(loaded: Raw) -> None:
    labels = [image.label for image in loaded.splits["train"]]
    assert loaded.classes == tuple("0123456789")
    assert labels == load_digits().target.tolist()
    assert {type(label) for label in labels} == {int}


def test_all_scans_are_in_one_split_and_each_has_a_name(loaded: Raw) -> None:
    assert list(loaded.splits) == ["train"]
    assert len({image.path for image in loaded.splits["train"]}) == 1797


def test_loading_again_gives_the_same_bytes(loaded: Raw) -> None:
    assert digits.load() == loaded
