import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.spec import Channels
from stages.imaging.oddities import KINDS, NARROW, count_by_kind, has_few_levels, is_narrow


def levels(low: int, high: int, size: int = 20) -> np.ndarray:
    found = np.random.default_rng(low).integers(low, high + 1, (size, size), np.uint8)
    found[0, :2] = low, high
    return found


@pytest.mark.parametrize(
    ("low", "high", "narrow"),
    [(0, 15, True), (0, 16, False), (240, 255, True), (100, 115, True), (100, 116, False),
     (0, 0, True), (255, 255, True), (0, 255, False)],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 3])
def test_a_sixteenth_of_the_range_is_16_levels(
    low: int, high: int, channels: Channels, *, narrow: bool
) -> None:
    found = levels(low, high)
    assert is_narrow(encoded(found), channels) == narrow
    images = np.stack([np.stack([found] * channels, -1)])
    assert has_few_levels(images, padded=False).tolist() == [narrow]


def test_colours_that_differ_are_no_narrow_range() -> None:
    assert not is_narrow(encoded(Picture.new("RGB", (9, 9), (250, 20, 20))), 3)


@pytest.mark.parametrize(("low", "high"), [(0, 15), (100, 110), (245, 255)])
def test_padding_does_not_hide_a_narrow_range(low: int, high: int) -> None:
    padded = np.zeros((1, 20, 20, 1), np.uint8)
    padded[0, 5:15, :, 0] = levels(low, high)[:10]
    assert has_few_levels(padded, padded=True).tolist() == [True]


def test_of_no_images_none_is_odd() -> None:
    assert has_few_levels(np.zeros((0, 4, 5, 3), np.uint8), padded=True).tolist() == []


def test_what_only_resizing_made_even_is_a_suspect_and_no_finding() -> None:
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    small = np.asarray(Picture.fromarray(checks).resize((4, 4), Picture.Resampling.BOX))
    assert has_few_levels(small[None, ..., None], padded=False).tolist() == [True]
    assert not is_narrow(encoded(checks), 1)


def test_images_are_counted_by_what_is_odd() -> None:
    first = next(iter(KINDS))
    found = count_by_kind([NARROW, first, NARROW])
    assert found == {"transparent": 1, "unused_alpha": 0, "narrow_range": 2}
    assert count_by_kind([]) == dict.fromkeys(KINDS.values(), 0)


def test_noise_is_not_odd() -> None:
    assert not is_narrow(encoded(pixels(0, 30, 30)), 3)
