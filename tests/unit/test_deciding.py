import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from reprise.rule import Rule
from stages.deciding import decide, energy

LOGITS = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.5, 0.5, 1e-9]]))


def test_three_images_by_hand() -> None:
    found = decide(LOGITS, LOGITS.exp(), Rule(threshold=0.45, set_threshold=0.15), 1.0)
    assert found.answered.tolist() == [True, False, True]
    assert found.sets.tolist() == [[True, True, False], [True, True, True], [True, True, False]]
    assert not found.ood.any()


def test_a_set_always_has_the_most_probable_class() -> None:
    found = decide(LOGITS, LOGITS.exp(), Rule(set_threshold=0.9), 1.0)
    assert found.sets.tolist() == [[True, False, False], [True, False, False], [True, True, False]]
    assert torch.equal(found.sets, decide(LOGITS, LOGITS.exp(), Rule(), 1.0).sets)


def test_what_is_out_of_distribution_is_not_answered() -> None:
    found = decide(
        LOGITS * torch.tensor([[1.0], [0.1], [1.0]]), LOGITS.exp(), Rule(energy_threshold=-0.5), 1.0
    )
    assert found.ood.tolist() == [True, False, True]
    assert found.answered.tolist() == [False, True, False]


@given(
    st.lists(
        st.lists(st.floats(-60, 60, width=32), min_size=3, max_size=3), min_size=1, max_size=5
    ),
    st.floats(0.05, 20),
)
def test_the_energy_is_scipy_s(rows: list[list[float]], divisor: float) -> None:
    logits = np.array(rows)
    found = energy(torch.from_numpy(logits), divisor).numpy()
    expected = -divisor * logsumexp(logits / divisor, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("scale", [1, 1e4])
def test_what_is_no_number_is_not_answered(scale: float) -> None:
    broken = torch.full((1, 3), float("nan")) * scale
    assert not decide(broken, broken, Rule(), 1.0).answered.any()
