import numpy as np
import pytest
from sklearn.decomposition import PCA

from stages.inspecting.scatter import HEIGHT, MARGIN, WIDTH, clouds, project, scaled
from stages.whole_vectors import whole


def test_places_are_those_of_principal_components() -> None:
    rng = np.random.default_rng(0)
    features = whole(rng.normal(size=(300, 7)) * [5, 3, 1, 1, 1, 1, 1] + 2)
    found = project(features)
    expected = PCA(2).fit_transform(features.astype(float))
    centred = found - found.mean(0)
    for axis in range(2):
        sign = np.sign(centred[:, axis] @ expected[:, axis])
        np.testing.assert_allclose(sign * centred[:, axis], expected[:, axis], rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 5), (4, 1), (3, 2), (0, 3)])
def test_few_images_or_features_have_a_place_too(shape: tuple[int, int]) -> None:
    places = scaled(project(whole(np.ones(shape))))
    assert places.shape == (shape[0], 2)
    assert ((places >= MARGIN) & (places <= [WIDTH, HEIGHT])).all()


def test_each_class_has_its_dots() -> None:
    places = np.array([[1, 2], [3, 4], [5, 6]])
    found = [*clouds(places, np.array([1, 0, 1]), ["a", "b", "c"])]
    assert [one.path for one in found] == ["M3,4h0", "M1,2h0M5,6h0", ""]
