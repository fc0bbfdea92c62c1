"""Nearly the same images, held against NumPy's correlation and a search of every pair."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageEnhance

from stages import near_duplicates
from stages.near_duplicates import SIDE, Pairs, connected, find_pairs, thumbnail, thumbnails


def found(images: np.ndarray, similarity: float) -> dict[tuple[int, int], float]:
    blocks = [*find_pairs(images, similarity)]
    return {
        (int(one), int(other)): float(value)
        for block in blocks
        for one, other, value in zip(*block, strict=True)
    }


def scene(seed: int, side: int = 96) -> Image.Image:
    """Draw a picture of coarse patches, as a photograph has them."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC)


def test_similarity_is_numpys_correlation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "BLOCK", 7)  # several blocks, the last one shorter
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, SIDE, SIDE)).astype(np.uint8)
    images[3] = np.clip(images[20].astype(int) // 2 + rng.integers(0, 60, (SIDE, SIDE)), 0, 255)
    images[4] = images[9]
    expected = np.corrcoef(images.reshape(30, -1).astype(float))
    pairs = found(images, 0.5)
    wanted = {(int(a), int(b)) for a, b in np.argwhere(np.triu(expected >= 0.5, 1))}
    assert set(pairs) == wanted >= {(3, 20), (4, 9)}
    for pair, value in pairs.items():
        assert value == pytest.approx(expected[pair], abs=0.01)


def test_pictures_that_were_changed_a_little_are_found() -> None:
    picture, memory = scene(1), BytesIO()
    picture.save(memory, "JPEG", quality=40)
    changed = [
        Image.open(memory),
        picture.resize((41, 200)),
        ImageEnhance.Brightness(picture).enhance(1.2),
        picture.convert("L"),
    ]
    small = [thumbnail(one) for one in (picture, *changed, scene(2), scene(3))]
    pairs = set(found(np.stack(small), 0.95))
    assert {(0, 1), (0, 2), (0, 3), (0, 4)} <= pairs
    assert max(map(max, pairs)) == 4, "other pictures have no partner"


@pytest.mark.parametrize("channels", [1, 3])
def test_thumbnails_of_stored_images(channels: int) -> None:
    shape = (3, 40, 30, channels)
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    expected = [thumbnail(Image.fromarray(image.squeeze())) for image in images]
    assert np.array_equal(thumbnails(images), expected)


def test_equal_images_and_those_of_the_same_grey_have_the_first() -> None:
    rng = np.random.default_rng(0)
    images = np.zeros((6, SIDE, SIDE), np.uint8)
    images[1] = 200
    images[[2, 4, 5]] = rng.integers(0, 256, (SIDE, SIDE))
    assert found(images, 0.9) == {(0, 3): 1.0, (2, 4): 1.0, (2, 5): 1.0}


def test_no_images() -> None:
    none = np.empty((0, SIDE, SIDE), np.uint8)
    assert not found(none, 0.9)
    assert not len(connected(0, find_pairs(none, 0.9)))


@given(arrays(np.int64, st.tuples(st.integers(0, 12), st.just(2)), elements=st.integers(0, 9)))
def test_groups_are_what_is_connected(edges: np.ndarray) -> None:
    blocks = [
        Pairs(part[:, 0], part[:, 1], np.ones(len(part))) for part in np.array_split(edges, 3)
    ]
    expected = [{number} for number in range(10)]
    for one, other in edges.tolist():
        expected[one] |= expected[other]
        for member in expected[one]:
            expected[member] = expected[one]
    groups = connected(10, blocks)
    for one in range(10):
        assert set(np.flatnonzero(groups == groups[one]).tolist()) == expected[one]
    assert groups[np.sort(np.unique(groups, return_index=True)[1])].tolist() == [
        *range(groups.max() + 1)
    ]
