from typing import Any

import numpy as np
import pytest
from toys import pixels

from stages.pages.template import SIDE
from stages.reporting.gallery import (
    EXAMPLES,
    Judged,
    by_class,
    least_certain,
    mistakes,
    worst_mistakes,
)
from stages.reporting.gradcam import overlay


def judged(predictions: list[int], side: int = 6) -> Judged:
    images = np.stack([pixels(row, side, side) for row in range(len(predictions))])
    labels = np.arange(len(predictions)) % 2
    return Judged(
        images,
        labels,
        np.array(predictions),
        np.linspace(0.5, 0.9, len(predictions)),
        ("ant", "bee"),
        [f"{row}.png" for row in range(len(labels))],
    )


def test_a_tile_says_what_there_is_and_what_was_said() -> None:
    asked = judged([0, 0, 0, 1])
    (tile,) = worst_mistakes(asked, mistakes(asked), None).tiles
    assert tile.confidence == pytest.approx(0.5 + 0.4 / 3)
    assert (tile.actual, tile.predicted, tile.path, tile.heat) == ("bee", "ant", "1.png", None)
    np.testing.assert_array_equal(np.asarray(tile.image), asked.images[1])


def test_mistakes_have_their_heat_maps() -> None:
    asked = judged([1, 0, 1, 0])
    rows = mistakes(asked)
    heat = np.random.default_rng(0).random((4, 6, 6), np.float32)
    gallery = worst_mistakes(asked, rows, heat)
    assert "Grad-CAM" in gallery.note
    for tile, row, one in zip(gallery.tiles, rows, heat, strict=True):
        assert tile.heat
        np.testing.assert_array_equal(np.asarray(tile.heat), overlay(asked.images[row], one))


def test_without_convolutions_nothing_is_said_of_heat() -> None:
    asked = judged([1, 0])
    assert "Grad-CAM" not in worst_mistakes(asked, mistakes(asked), None).note


def test_a_perfect_model_has_no_mistakes_and_the_gallery_says_so() -> None:
    asked = judged([0, 1, 0])
    gallery = worst_mistakes(asked, mistakes(asked), None)
    assert gallery.tiles == []
    assert gallery.note == "All 3 answers are right."


def test_hits_are_the_least_certain_right_answers() -> None:
    tiles = least_certain(judged([0, 1, 1, 1])).tiles
    assert [tile.confidence for tile in tiles] == pytest.approx([0.5, 0.5 + 0.4 / 3, 0.9])
    assert all(tile.actual == tile.predicted for tile in tiles)


def test_a_model_that_is_always_wrong_has_no_hits_and_the_gallery_says_so() -> None:
    gallery = least_certain(judged([1, 0]))
    assert gallery.tiles == []
    assert gallery.note == "No answer is right."


def test_each_class_shows_its_first_images_and_how_many_are_right() -> None:
    ants, bees = by_class(judged([0] * 20))
    assert (ants.title, ants.note) == ("ant", "10 of 10 right")
    assert (bees.title, bees.note) == ("bee", "0 of 10 right")
    assert len(ants.tiles) == len(bees.tiles) == EXAMPLES
    assert {tile.actual for tile in bees.tiles} == {"bee"}


@pytest.mark.parametrize(("side", "shown"), [(6, 6), (SIDE, SIDE), (200, SIDE)])
def test_large_images_are_shrunk(side: int, shown: int) -> None:
    (tile,) = least_certain(judged([0], side)).tiles
    assert tile.image.size == (shown, shown)


def test_only_images_that_are_shown_are_read() -> None:
    class Counted(np.ndarray):
        reads = 0

        def __getitem__(self, key: Any) -> Any:  # noqa: ANN401
            Counted.reads += np.size(key)
            return np.asarray(self)[key]

    asked = judged([1, 0] * 500)
    asked = asked._replace(images=asked.images.view(Counted))
    worst_mistakes(asked, mistakes(asked), None)
    assert Counted.reads == len(mistakes(asked))
