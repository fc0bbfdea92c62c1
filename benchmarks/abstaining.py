"""How well the thresholds of stage `evaluate` keep what they promise, over many splits of one pool.

    python -m benchmarks.abstaining digits data/splits
    python -m benchmarks.abstaining mnist_fast data/splits cifar/splits

Trains a recipe once, pools the logits of val and test, and deals them anew to both, 1,000 times:
each time the rule is fitted to val alone and judged on test. Conformal sets ought to cover as
beta-binomial numbers do (Angelopoulos & Bates 2021, section 3.2), where the most probable class is
not added to them, and no less often where it is. Then the same with the split as it is, whose val
chose the epoch and the temperature. With the splits of other images, made grey and resized, also
how well scores tell these from test.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import betabinom
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from reprise.resizing import fit as resize
from stages import runtime
from stages.artifacts import splits
from stages.artifacts.classifier import Classifier
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.deciding import decide, energy
from stages.exporting.description import spec
from stages.nets.interface import Interface
from stages.pictures import picture
from stages.reporting.abstention import Abstention, Sight, fit
from stages.scores import interval, predict, probabilities
from stages.train import Train, train
from stages.training.setup import build_step, initial_card
from stages.training.temperature import calibrate
from tools import recipe

ROUNDS = 1000
ALPHAS = 0.2, 0.1, 0.05, 0.01
TARGETS = 0.9, 0.95, 0.98, 0.99, 0.995
CPU = torch.device("cpu")
PLAIN = Abstention(abstain="none", abstain_target=0.5, conformal_alpha=None, ood_quantile=None)


class Kept(NamedTuple):
    """How a threshold for a precision did on test."""

    answered: float  # share
    precision: float
    upper: float  # end of its 95 % interval


def main() -> None:
    """Print a line for each promise."""
    name, root = sys.argv[1], Path(sys.argv[2])
    params = recipe.section(name, Train)
    runtime.start(params)
    parts = {part: splits.read(part, root) for part in splits.NAMES}
    made = learn(params, parts, splits.read_meta(root).interface)
    val, test = (see(made, parts[part]) for part in ("val", "test"))
    right = (test.logits.argmax(1) == test.labels).double().mean().item()
    print(
        f"{name}: {len(val.labels):,} images of val, {len(test.labels):,} of test, accuracy "
        f"{right:.4f}"
    )
    conformal(val, test)
    precise(val, test)
    if len(sys.argv) > 3:
        unfamiliar(made, test, foreign(Path(sys.argv[3]), made.card.interface))


def learn(params: Train, parts: dict[str, Split], interface: Interface) -> Classifier:
    """Train as stage `train` does, without its checkpoints."""
    data, val = (to_device(parts[name], CPU) for name in ("train", "val"))
    card = initial_card(params, interface)
    step = build_step(params, card, data)
    for _ in train(step, data, val, params):
        pass
    return calibrate(step, card, val).classifier


def see(made: Classifier, part: Split) -> Sight:
    """Return the logits of a split."""
    network: nn.Module = made.whole()
    logits = predict(network, to_device(part, CPU), 256)
    return Sight(logits, torch.from_numpy(np.array(part.labels)), made.card.temperature)


def deal(val: Sight, test: Sight, seed: int) -> tuple[Sight, Sight]:
    """Shuffle the images of both, and cut them into parts of the same sizes as before."""
    order = torch.randperm(
        len(val.labels) + len(test.labels), generator=torch.Generator().manual_seed(seed)
    )
    logits, labels = (
        torch.cat([getattr(val, of), getattr(test, of)])[order] for of in Sight._fields[:2]
    )
    cut = len(val.labels)
    return (
        Sight(logits[:cut], labels[:cut], val.temperature),
        Sight(logits[cut:], labels[cut:], val.temperature),
    )


def conformal(val: Sight, test: Sight) -> None:
    """Compare coverage with its distribution."""
    for alpha in ALPHAS:
        params = PLAIN.model_copy(update={"conformal_alpha": alpha})
        bare, whole, sizes = np.array(
            [covered(*deal(val, test, seed), params) for seed in range(ROUNDS)]
        ).T
        n, m = len(val.labels), len(test.labels)
        beyond = int((n + 1) * alpha)
        law = betabinom(m, n + 1 - beyond, beyond)
        low, high = law.ppf(0.025) / m, law.ppf(0.975) / m
        inside = ((bare >= low) & (bare <= high)).mean()
        own = covered(val, test, params)
        print(
            f"  alpha {alpha:<5} coverage {bare.mean():.4f}, 95 % of the law are {low:.4f} to "
            f"{high:.4f}: "
            f"{inside:.1%} of the rounds; below it {(bare < low).mean():.1%}; with the answer "
            f"{whole.mean():.4f}, below it {(whole < low).mean():.1%}, {sizes.mean():.3f} classes; "
            f"as split: {own[0]:.4f}, {own[1]:.4f}"
        )


def covered(val: Sight, test: Sight, params: Abstention) -> tuple[float, float, float]:
    """Return coverage without and with the most probable class, and the mean size of the latter."""
    rule, shares = fit(val, params), probabilities(test.logits, test.temperature)
    own = shares.gather(1, test.labels[:, None]).squeeze(1)
    sets = decide(test.logits.double(), shares, rule, test.temperature).sets
    held = sets.gather(1, test.labels[:, None]).double().mean().item()
    return (
        (own >= (rule.set_threshold or 0)).double().mean().item(),
        held,
        sets.sum(1).double().mean().item(),
    )


def precise(val: Sight, test: Sight) -> None:
    """Count how often a precision that val showed is kept on test."""
    for target in TARGETS:
        params = PLAIN.model_copy(update={"abstain": "precision", "abstain_target": target})
        rounds = [kept(*deal(val, test, seed), params) for seed in range(ROUNDS)]
        found = [one for one in rounds if one is not None]
        if not found:
            print(f"  precision {target}: val shows it in no round")
            continue
        answered, precision, upper = np.array(found).T
        own = kept(val, test, params)
        once = "not shown" if own is None else f"{own.answered:.4f} answered, {own.precision:.4f}"
        print(
            f"  precision {target:<5} shown in {len(found) / ROUNDS:.1%} of the rounds, answered "
            f"{answered.mean():.4f}; on test {precision.mean():.4f}, reached in "
            f"{(precision >= target).mean():.1%}, within the interval in "
            f"{(upper >= target).mean():.1%}; as split: {once}"
        )


def kept(val: Sight, test: Sight, params: Abstention) -> Kept | None:
    """Return how the answers on test are; None where val shows no threshold."""
    rule, shares = fit(val, params), probabilities(test.logits, test.temperature)
    found = decide(test.logits.double(), shares, rule, test.temperature).answered
    if not found.any():
        return None
    right = (shares.argmax(1) == test.labels)[found]
    hits, images = int(right.sum()), len(right)
    return Kept(images / len(found), hits / images, interval(hits, images)[1])


def foreign(root: Path, interface: Interface) -> Split:
    """Return the test images of other splits, in grey where the network wants it."""
    mode = "L" if interface.channels == 1 else "RGB"
    pictures = (picture(image).convert(mode) for image in splits.read("test", root).images)
    images = [resize(one, spec(interface)) for one in pictures]
    return Split(np.stack(images), np.zeros(len(images), np.int64))


def unfamiliar(made: Classifier, test: Sight, others: Split) -> None:
    """Compare scores by how often another image has a higher one than an image of test."""
    seen = see(made, others)
    known = np.repeat([0, 1], [len(test.labels), len(seen.labels)])
    scores: dict[str, Callable[[Sight], Tensor]] = {
        "energy": lambda one: energy(one.logits.double(), one.temperature),
        "energy, T = 1": lambda one: energy(one.logits.double(), 1.0),
        "1 - probability": lambda one: 1 - probabilities(one.logits, one.temperature).amax(1),
        "- largest logit": lambda one: -one.logits.amax(1),
    }
    for name, score in scores.items():
        values: Tensor = torch.cat([score(test), score(seen)])
        print(f"  {name:<16} AUROC {roc_auc_score(known, values.numpy()):.4f}")
    rule = fit(test, PLAIN.model_copy(update={"ood_quantile": 0.01}))
    logits, _, divisor = seen
    found = decide(logits.double(), probabilities(logits, divisor), rule, divisor).ood
    share = found.double().mean().item()
    print(f"  by the energy of 1 % of test, {share:.1%} of the others are found")


if __name__ == "__main__":
    main()
