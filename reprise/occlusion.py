"""A heat map by occlusion: how much probability a class loses where the picture is covered.

Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2. It needs
nothing of a model but its answers, so that it works with every exported file.
"""

from collections.abc import Callable, Iterator

import numpy as np

from reprise.model import Answers

CELLS = 14  # along a side: of 224 pixels, a cell is 16
REACH = 1  # cells covered around a cell, each way: a patch of 3 by 3 hides a part, not a speck
BATCH = 32  # covered pictures at once


def heat_map(
    answers: Callable[[np.ndarray], Answers], pixels: np.ndarray, label: int, cells: int = CELLS
) -> np.ndarray:
    """Return float32 [rows, columns] in [0, 1]: the probability that the class loses.

    `answers` takes uint8 [N, H, W, C], as `Model.answers` does; `pixels` is uint8 [H, W, C], as the
    network sees the picture; `label` is the class. There are `cells` along a side, or one a pixel
    of a smaller picture. A patch around each is covered by the picture's mean colour; where the
    probability rises, the loss is 0.

    Raises:
        ModelError: the model fails.
    """
    before = answers(pixels[None]).probabilities[0, label]
    spans = [_spans(length, min(cells, length)) for length in pixels.shape[:2]]
    places = [(row, column) for row in spans[0] for column in spans[1]]
    after = np.concatenate(
        [answers(batch).probabilities[:, label] for batch in _covered(pixels, places)]
    )
    lost: np.ndarray = np.clip(before - after, 0, 1).astype(np.float32)
    return lost.reshape(len(spans[0]), len(spans[1]))


def _spans(length: int, cells: int) -> list[slice]:
    """Return the pixels of a side that are covered around each cell."""
    edges = np.linspace(0, length, cells + 1).round().astype(int).tolist()
    return [
        slice(edges[max(0, cell - REACH)], edges[min(cells, cell + 1 + REACH)])
        for cell in range(cells)
    ]


def _covered(pixels: np.ndarray, places: list[tuple[slice, slice]]) -> Iterator[np.ndarray]:
    """Yield batches of the picture, uint8 [B, H, W, C], covered at one place each."""
    colour = pixels.mean((0, 1)).round().astype(np.uint8)
    for start in range(0, len(places), BATCH):
        part = places[start : start + BATCH]
        batch = np.repeat(pixels[None], len(part), axis=0)
        for picture, place in zip(batch, part, strict=True):
            picture[place] = colour
        yield batch
