import numpy as np
import pytest
import torch

from stages.training.augmentation.draws import inscribed, inside

DRAWS = np.random.default_rng(0).random((20_000, 4))
FULL = (1.0, 1.0)


@pytest.mark.parametrize("areas", [(0.02, 0.33), (0.08, 1.0), (0.01, 1.0), (1.0, 1.0)])
@pytest.mark.parametrize("ratios", [(3 / 4, 4 / 3), (0.3, 3.3)])
def test_boxes_fit_and_have_the_area_and_ratio_asked_for(
    areas: tuple[float, float], ratios: tuple[float, float]
) -> None:
    boxes = inscribed(DRAWS, areas, ratios)
    top, bottom, left, right = boxes.T
    assert boxes.min() >= 0
    assert boxes.max() <= 1 + 1e-12
    area, ratio = (bottom - top) * (right - left), (right - left) / (bottom - top)
    np.testing.assert_allclose(area, areas[0] + DRAWS[:, 0] * (areas[1] - areas[0]), rtol=1e-9)
    assert ratio.min() >= ratios[0] - 1e-9
    assert ratio.max() <= ratios[1] + 1e-9


def test_ratios_are_log_uniform_where_all_of_them_fit() -> None:
    _, _, *_ = edges = inscribed(DRAWS, (0.02, 0.3), (0.3, 1 / 0.3)).T
    logs = np.log((edges[3] - edges[2]) / (edges[1] - edges[0])) / np.log(1 / 0.3)
    assert abs(logs.mean()) < 0.02
    assert logs.std() == pytest.approx(3**-0.5, abs=0.02)  # of uniform in [-1, 1]


def test_places_are_uniform() -> None:
    top, bottom, left, right = inscribed(DRAWS, (0.25, 0.25), FULL).T  # half of each side
    for start, end in ((top, bottom), (left, right)):
        np.testing.assert_allclose(end - start, 0.5)
        assert start.mean() == pytest.approx(0.25, abs=0.01)
        assert start.max() > 0.49


def test_the_whole_image_is_the_only_box_of_its_area() -> None:
    np.testing.assert_array_equal(
        inscribed(DRAWS[:9], (1.0, 1.0), (0.5, 2.0)), np.tile([0.0, 1.0, 0.0, 1.0], (9, 1))
    )


def test_pixels_are_inside_by_their_centres() -> None:
    box = torch.tensor([[0.25, 0.75, 0.0, 0.5], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    found = inside(box, 4, 2)
    assert found[0].int().tolist() == [[0, 0], [1, 0], [1, 0], [0, 0]]
    assert found[1].all()
    assert not found[2].any()


def test_what_juts_out_is_cut() -> None:
    found = inside(torch.tensor([[-0.5, 0.5, 0.5, 1.5]]), 2, 4)
    assert found[0].int().tolist() == [[0, 0, 1, 1], [0, 0, 0, 0]]


def test_each_image_has_its_box() -> None:
    boxes = torch.from_numpy(inscribed(DRAWS[:50], (0.1, 0.9), (0.5, 2.0))).float()
    found = inside(boxes, 40, 50)
    for (top, bottom, left, right), mask in zip(boxes.tolist(), found.numpy(), strict=True):
        expected = np.zeros((40, 50), bool)
        rows = [y for y in range(40) if top <= (y + 0.5) / 40 < bottom]
        columns = [x for x in range(50) if left <= (x + 0.5) / 50 < right]
        expected[np.ix_(rows, columns)] = True
        assert (mask != expected).sum() <= 1  # in 32 bits an edge may fall on either side
