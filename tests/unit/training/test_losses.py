from itertools import product
from math import log

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from jaxtyping import TypeCheckError
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor

from stages.errors import UserError
from stages.training.losses import Loss, balanced, build

COUNTS = torch.tensor([10, 3, 7])
LABELS = torch.tensor([0, 2, 1, 1, 0])
SOFT = torch.tensor([[0.5, 0.5, 0], [0, 0, 1], [0.1, 0.2, 0.7], [1, 0, 0], [0, 0.9, 0.1]])
TARGETS = pytest.mark.parametrize("targets", [LABELS, SOFT], ids=["labels", "soft"])


def params(
    loss: str = "cross_entropy",
    gamma: float = 2.0,
    smoothing: float = 0.0,
    weights: str = "none",
) -> Loss:
    values = {"loss": loss, "focal_gamma": gamma, "label_smoothing": smoothing}
    return Loss.model_validate({**values, "class_weights": weights})


def logits(scale: float = 2.0) -> Tensor:
    noise = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    return (scale * noise).requires_grad_()


def weights_of(name: str) -> Tensor | None:
    return balanced(COUNTS) if name == "balanced" else None


@TARGETS
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_cross_entropy_is_torchs(targets: Tensor, smoothing: float, weights: str) -> None:
    found = build(params(smoothing=smoothing, weights=weights), COUNTS)(logits(), targets)
    expected = F.cross_entropy(logits(), targets, weights_of(weights), label_smoothing=smoothing)
    assert torch.equal(found, expected)


@TARGETS
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("scale", [2.0, 60.0])
def test_focal_loss_of_gamma_0_is_cross_entropy(
    targets: Tensor, smoothing: float, weights: str, scale: float
) -> None:
    gradients, values = [], []
    for loss in ("focal", "cross_entropy"):
        given = logits(scale)
        value = build(params(loss, 0.0, smoothing, weights), COUNTS)(given, targets)
        value.backward()
        assert given.grad is not None
        values.append(value)
        gradients.append(given.grad)
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*gradients)


@TARGETS
@pytest.mark.parametrize(
    ("gamma", "smoothing", "weights"),
    [*product([0.5, 2.0, 5.0], [0.0, 0.2], ["none", "balanced"])],
)
def test_focal_loss_is_the_formula(
    targets: Tensor, gamma: float, smoothing: float, weights: str
) -> None:
    chances = logits().detach().double().softmax(1).numpy()
    shares = np.eye(3)[targets] if targets.ndim == 1 else targets.double().numpy()
    by_class = np.ones(3) if weights == "none" else 20 / (3 * COUNTS.numpy())
    total, count = 0.0, 0.0
    for row, (p, share) in enumerate(zip(chances, shares, strict=True)):
        for k in range(3):
            target = (1 - smoothing) * share[k] + smoothing / 3
            total -= by_class[k] * target * (1 - p[k]) ** gamma * log(p[k])
        count += by_class[int(targets[row])] if targets.ndim == 1 else 1.0
    found = build(params("focal", gamma, smoothing, weights), COUNTS)(logits(), targets)
    assert found.item() == pytest.approx(total / count, rel=1e-5)


def test_focal_loss_by_hand() -> None:
    # p = 3/4 and 9/10 for the right class.
    given = torch.tensor([[0.0, log(3)], [log(9), 0.0]])
    found = build(params("focal", 2.0), torch.tensor([1, 1]))(given, torch.tensor([1, 0]))
    expected = -(log(3 / 4) / 16 + log(9 / 10) / 100) / 2
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("margin", [0.0, 1e-4, 16.0, 17.0, 30.0, 90.0, 1e4, -1e4])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_gradients_of_the_focal_loss_are_finite(
    gamma: float, margin: float, smoothing: float
) -> None:
    given = torch.tensor([[margin, 0.0, 0.0]], requires_grad=True)
    value = build(params("focal", gamma, smoothing), COUNTS)(given, torch.tensor([0]))
    value.backward()
    assert given.grad is not None
    assert value.isfinite()
    assert given.grad.isfinite().all()


@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_loss_has_32_bits(loss: str, weights: str, dtype: torch.dtype) -> None:
    criterion = build(params(loss, weights=weights), COUNTS)
    short = logits().detach().to(dtype)
    assert criterion(short, LABELS).dtype == torch.float32
    assert torch.equal(criterion(short, LABELS), criterion(short.float(), LABELS))


@pytest.mark.parametrize("counts", [[10, 3, 7], [1, 1], [5], [1, 10**6]])
def test_balanced_weights_are_sklearns(counts: list[int]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    assert balanced(torch.tensor(counts)).tolist() == pytest.approx(list(expected))


def test_a_class_without_images_cannot_be_balanced() -> None:
    counts = torch.tensor([3, 0, 2, 0])
    message = r"^train\.class_weights is balanced, but .* classes \[1, 3\], .*; set it to none$"
    with pytest.raises(UserError, match=message):
        build(params(weights="balanced"), counts)
    build(params(), counts)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
@pytest.mark.parametrize(
    ("given", "targets"),
    [
        (torch.zeros(2, 3), torch.zeros(3, dtype=torch.int64)),
        (torch.zeros(2, 3), torch.zeros(2, 4)),
        (torch.zeros(2, 3), torch.zeros(2, dtype=torch.int32)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.int64)),
    ],
    ids=["more labels", "more classes", "int32", "one dimension"],
)
def test_other_shapes_and_types_are_refused(loss: str, given: Tensor, targets: Tensor) -> None:
    with pytest.raises(TypeCheckError):
        build(params(loss), COUNTS)(given, targets)


@pytest.mark.parametrize("label", [3, -1])
@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
def test_a_label_beyond_the_classes_is_refused(loss: str, label: int) -> None:
    with pytest.raises((IndexError, RuntimeError)):
        build(params(loss), COUNTS)(torch.zeros(1, 3), torch.tensor([label]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("loss", "hinge"),
        ("label_smoothing", 1.0),
        ("label_smoothing", -0.1),
        ("focal_gamma", -1.0),
        ("focal_gamma", float("inf")),
        ("class_weights", [1.0, 2.0]),
    ],
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        Loss.model_validate({**params().model_dump(), key: value})
