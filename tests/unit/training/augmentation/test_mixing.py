import numpy as np
import pytest
import torch
from pictures import draws, images
from pydantic import ValidationError
from scipy.stats import beta, kstest
from torch import Tensor

from stages.training.augmentation.mixing import Mixed, Mixing, mix, mixer, symmetric_beta

PIXELS = images(2000, 10, 8, 1)
LABELS = torch.arange(2000) % 5
EVERY = torch.arange(2000)
WHOLE = [0.0, 1.0, 0.0, 1.0]


def mixed(mixup: float = 0.0, cutmix: float = 0.0, seed: int = 0, epoch: int = 0) -> Mixed:
    made = mixer(Mixing(mixup=mixup, cutmix=cutmix), draws(PIXELS.shape, seed, epoch), 5)
    return made(PIXELS, LABELS, EVERY)


def shares(made: Mixed) -> Tensor:
    """Return the share that the next image has in each target."""
    return made.targets[EVERY, LABELS.roll(-1)]


def test_mixup_by_hand() -> None:
    pixels = torch.tensor([100, 200, 40], dtype=torch.uint8).reshape(3, 1, 1, 1)
    targets = torch.eye(3)
    rows = torch.tensor([[0.25, *WHOLE], [0.0, *WHOLE], [0.5, *WHOLE]])
    made = mix(pixels, targets, rows)
    assert made.images.flatten().tolist() == [125.0, 200.0, 70.0]
    assert made.targets.tolist() == [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]


def test_cutmix_by_hand() -> None:
    pixels = torch.tensor([1, 2], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 2, 4, 1)
    # The first gets the right half of the second; the second a box that juts out by half.
    rows = torch.tensor([[1.0, 0.0, 1.0, 0.5, 1.0], [1.0, -0.5, 0.5, 0.0, 0.25]])
    made = mix(pixels, torch.eye(2), rows)
    assert made.images[..., 0].tolist() == [
        [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]],
        [[1.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]],
    ]
    assert made.targets.tolist() == [[0.5, 0.5], [0.125, 0.875]]


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)])
def test_pixels_and_targets_have_the_same_shares(mixup: float, cutmix: float) -> None:
    # Where an image is all of its label's brightness, its mean is the mean of its targets.
    plain = (LABELS * 50).byte()[:, None, None, None].expand(-1, 10, 8, 3)
    made = mixer(Mixing(mixup=mixup, cutmix=cutmix), draws(plain.shape), 5)(plain, LABELS, EVERY)
    brightness = made.targets @ (torch.arange(5) * 50.0)
    assert torch.allclose(made.images.float().mean((1, 2, 3)), brightness, atol=1e-3)
    assert torch.allclose(made.targets.sum(1), torch.ones(2000))
    assert made.targets.min() >= 0


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_of_mixup_follow_the_beta_distribution(alpha: float) -> None:
    found = shares(mixed(mixup=alpha))
    assert float(found.mean()) == pytest.approx(0.5, abs=0.03)
    assert float(found.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), abs=0.01)


def test_boxes_of_cutmix_have_one_value_of_each_image() -> None:
    made = mixed(cutmix=1.0)
    own, following = PIXELS.float(), PIXELS.float().roll(-1, 0)
    pasted = made.images != own
    assert torch.equal(made.images, torch.where(pasted, following, own))
    assert 0.2 < float(shares(made).mean()) < 0.5  # a half, less what juts out
    assert pasted[:, :, :, 0].any(2).any(0).all()  # every place is reached


def test_with_both_a_coin_for_each_image_decides() -> None:
    both, blended, cut = mixed(0.4, 1.0), mixed(0.4), mixed(0.0, 1.0)
    as_blended = (both.images == blended.images).flatten(1).all(1)
    as_cut = (both.images == cut.images).flatten(1).all(1)
    assert bool((as_blended | as_cut).all())
    assert 0.4 < float(as_blended.float().mean()) < 0.6
    assert torch.equal(both.targets[as_blended], blended.targets[as_blended])


def test_off_returns_its_inputs() -> None:
    made = mixed()
    assert made.images is PIXELS
    assert made.targets is LABELS


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)])
def test_what_is_drawn_depends_on_seed_epoch_and_index_alone(mixup: float, cutmix: float) -> None:
    expected = shares(mixed(mixup, cutmix, seed=1, epoch=2))
    made = mixer(Mixing(mixup=mixup, cutmix=cutmix), draws(PIXELS.shape, 1, 2), 2)
    for batch in torch.randperm(2000, generator=torch.Generator()).split(300):
        alternate = torch.arange(len(batch)) % 2  # so that each one's next has another label
        targets = made(PIXELS[batch], alternate, batch).targets
        assert torch.equal(targets[torch.arange(len(batch)), 1 - alternate], expected[batch])
    assert not torch.equal(shares(mixed(mixup, cutmix, seed=1, epoch=3)), expected)
    assert not torch.equal(shares(mixed(mixup, cutmix, seed=2, epoch=2)), expected)


def test_a_single_image_is_mixed_with_itself() -> None:
    made = mixer(Mixing(mixup=1.0, cutmix=1.0), draws(PIXELS.shape), 5)
    one = made(PIXELS[:1], LABELS[:1], EVERY[:1])
    assert torch.allclose(one.images, PIXELS[:1].float())
    assert one.targets.tolist() == [[1.0, 0.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("alpha", [1e-300, 1e-9, 100.0])
def test_extreme_alphas_give_numbers(alpha: float) -> None:
    for made in (mixed(mixup=alpha), mixed(cutmix=alpha)):
        assert made.images.isfinite().all()
        assert made.targets.sum(1).allclose(torch.ones(2000))


@pytest.mark.parametrize("key", ["mixup", "cutmix"])
@pytest.mark.parametrize("value", [-0.1, 101.0, float("nan"), None, True])
def test_alphas_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Mixing.model_validate({"mixup": 0.0, "cutmix": 0.0, key: value})


@pytest.mark.parametrize("alpha", [0.2, 0.4, 1.0, 2.5, 8.0, 100.0])
def test_shares_pass_the_test_of_kolmogorov_and_smirnov(alpha: float) -> None:
    numbers, rows = draws((20_000, 1, 1, 1)), np.arange(20_000)
    for name in ("mixup", "cutmix"):
        found = symmetric_beta(alpha, numbers.uniform(name, 2), rows)
        # One of 200 streams is as far off as that, and so is this one of MixUp.
        assert kstest(found, beta(alpha, alpha).cdf).pvalue > 0.001


def test_a_small_alpha_leaves_little_between_0_and_1() -> None:
    found = symmetric_beta(0.01, draws((9, 1, 1, 1)).uniform("mixup", 2), np.arange(50_000))
    edges = np.array([0, 0.001, 0.5, 0.999, 1])
    expected = np.diff(beta(0.01, 0.01).cdf(edges))
    np.testing.assert_allclose(np.histogram(found, edges)[0] / 50_000, expected, atol=0.006)
