import numpy as np
import pytest
from PIL import Image as Picture

from stages.inspecting.copies import Copies, find_copies
from stages.near_duplicates import Pairs, thumbnails
from stages.whole_vectors import whole

PARAMS = Copies(similarity=0.995, nearness=0.5)
SIDE = 24


def drawn(count: int, seed: int = 0) -> np.ndarray:
    """Return smooth images that have little in common."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 5, 5), np.uint8)
    pictures = (Picture.fromarray(one).resize((SIDE, SIDE)) for one in coarse)
    return np.stack([np.asarray(one) for one in pictures])[..., None]


def features(images: np.ndarray) -> np.ndarray:
    return whole(images.reshape(len(images), -1).astype(float) - 128)


def found(images: np.ndarray, params: Copies = PARAMS) -> set[tuple[int, int]]:
    pairs = find_copies(thumbnails(images), features(images), params)
    listed = [*zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)]
    assert len({*listed}) == len(listed), "each pair once"
    assert all(one < other for one, other in listed)
    assert ((pairs.similarity > 0) & (pairs.similarity <= 1)).all()
    return {*listed}


def brighter(image: np.ndarray) -> np.ndarray:
    return (image * 0.8 + 20).astype(np.uint8)


def cut(image: np.ndarray) -> np.ndarray:
    picture = Picture.fromarray(image.squeeze()).crop((1, 1, SIDE, SIDE)).resize((SIDE, SIDE))
    return np.asarray(picture)[..., None]


@pytest.mark.parametrize("change", [brighter, cut, np.copy])
def test_a_copy_is_found_and_nothing_else(change: object) -> None:
    images = drawn(60)
    made = np.concatenate([images, change(images[7])[None]])  # type: ignore[operator]
    assert found(made) == {(7, 60)}


def test_images_that_are_all_alike_are_no_near_duplicates_but_the_nearest_are() -> None:
    base, noise = drawn(1)[0].astype(float), drawn(60, 1).astype(float)
    alike = (base * 0.8 + noise * 0.2).astype(np.uint8)
    pixels = thumbnails(alike).reshape(60, -1)
    assert np.corrcoef(pixels).min() > 0.7
    copy = np.clip(alike[3].astype(int) + 2, 0, 255).astype(np.uint8)
    assert found(np.concatenate([alike, copy[None]])) == {(3, 60)}


def test_many_copies_of_one_image_are_one_group() -> None:
    images = drawn(30)
    many = np.stack([np.clip(images[4].astype(int) + one, 0, 255) for one in range(15)])
    pairs = found(np.concatenate([images, many.astype(np.uint8)]))
    assert {other for one, other in pairs} | {4} == {4, *range(30, 45)}


def test_equal_images_pair_with_the_first_and_a_single_grey_with_the_same() -> None:
    images = drawn(20)
    flat = np.full((3, SIDE, SIDE, 1), 9, np.uint8)
    made = np.concatenate([images, images[[5, 5]], flat])
    assert found(made) == {(5, 20), (5, 21), (22, 23), (22, 24)}


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_few_images_have_no_scale(count: int) -> None:
    assert found(drawn(count)) == set() if count else True
    if count > 1:
        assert found(drawn(count), Copies(similarity=0.5, nearness=1)) <= {
            (one, other) for one in range(count) for other in range(one, count)
        }


def test_none_are_found_where_all_is_refused() -> None:
    images = drawn(30)
    made = np.concatenate([images, brighter(images[:1])])
    strict = Copies(similarity=1, nearness=0)
    assert found(made, strict) == set()


def test_there_may_be_no_image() -> None:
    pairs = find_copies(np.zeros((0, 16, 16), np.uint8), np.zeros((0, 4), np.float32), PARAMS)
    assert [*map(len, pairs)] == [0, 0, 0]
    assert isinstance(pairs, Pairs)
