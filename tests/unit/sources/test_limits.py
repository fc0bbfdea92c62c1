from collections.abc import Iterator

import pytest

from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import store
from stages.sources.limits import limit_images


def raw(*sizes: int) -> Raw:
    images = [Image(b"1" * size, f"{number}.png", 0) for number, size in enumerate(sizes)]
    return Raw(("a",), {"train": images[:2], "test": images[2:]}, {})


def read(found: Raw) -> Iterator[int]:
    return (len(image.data) for images in found.splits.values() for image in images)


def test_images_within_the_limits_come_as_they_are() -> None:
    assert [*read(limit_images(raw(3, 4, 3), 10))] == [3, 4, 3]


def test_all_splits_count_together_and_the_file_is_named() -> None:
    came = read(limit_images(raw(3, 4, 3), 9))
    with pytest.raises(UserError, match=r"2.png: the images have more than 9 bytes; raise downl"):
        list(came)


def test_an_image_larger_than_any_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_IMAGE_BYTES", 3)
    with pytest.raises(UserError, match=r"1.png: has 4 bytes, more than the 3 that an image may"):
        list(read(limit_images(raw(3, 4), 100)))
