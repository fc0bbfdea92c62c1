"""Studies of a search as its page and its table tell of them, without searching."""

import math
import random
from collections.abc import Mapping, Sequence

from tools.searching.record import Found, SearchTrial, Value

RANGES = {
    "train.lr": "0.0001 to 0.1, logarithmic",
    "train.batch_size": "16 to 256, logarithmic",
    "train.network": "mlp, cnn, resnet_small",
    "train.label_smoothing": "0 to 0.2",
    "train.nesterov": "true, false",
}
GIVEN: dict[str, Value] = {
    "train.lr": 0.001,
    "train.batch_size": 64,
    "train.network": "mlp",
    "train.label_smoothing": 0.0,
    "train.nesterov": False,
}


def complete(number: int, score: float | None, **settings: Value) -> SearchTrial:
    """Return a trial with parameters of train, and a curve of two epochs."""
    named = {f"train.{name}": value for name, value in settings.items()}
    curve = [] if score is None else [score / 2, score]
    return SearchTrial(number, "complete", named, score, curve, f"search-x-{number}")


def study(trials: Sequence[SearchTrial]) -> Found:
    """Return a study of these trials, the first of which is the default."""
    scored = [one for one in trials if one.state == "complete" and one.score is not None]
    best = max(scored, key=lambda one: one.score or 0.0, default=None)
    names = {name: "any" for trial in trials for name in trial.settings}
    default = trials[0] if trials and not trials[0].settings else None
    return Found(
        name="digits",
        aim="val_accuracy",
        maximize=True,
        ranges=names,
        trials=trials,
        importance={},
        best=best,
        default=default,
    )


def large(count: int = 30) -> Found:
    """Return a study of many trials: some pruned, one failed, one that diverged."""
    rng = random.Random(0)  # noqa: S311 - the same study each time
    trials = [_trial(number, {} if not number else _drawn(rng), rng) for number in range(count)]
    importance = dict(zip(RANGES, (0.61, 0.09, 0.24, 0.02, 0.04), strict=True))
    log = ("train.lr", "train.batch_size")
    return study(trials)._replace(
        ranges=RANGES, importance=importance, logarithmic=log, given=GIVEN, name="digits-30"
    )


def _drawn(rng: random.Random) -> dict[str, Value]:
    return {
        "train.lr": 10 ** rng.uniform(-4, -1),
        "train.batch_size": round(2 ** rng.uniform(4, 8)),
        "train.network": rng.choice(["mlp", "cnn", "resnet_small"]),
        "train.label_smoothing": rng.uniform(0, 0.2),
        "train.nesterov": rng.random() < 0.5,
    }


def _trial(number: int, settings: Mapping[str, Value], rng: random.Random) -> SearchTrial:
    known = {**GIVEN, **settings}
    lr, network = known["train.lr"], known["train.network"]
    assert isinstance(lr, float)
    bonus = {"mlp": 0.0, "cnn": 0.03, "resnet_small": 0.02}[str(network)]
    end = 0.94 + bonus - 0.03 * (math.log10(lr) + 2.2) ** 2 + rng.gauss(0, 0.004)
    if number == 13:
        end = 0.1
    curve = [end - 0.4 * math.exp(-0.5 * epoch) + rng.gauss(0, 0.004) for epoch in range(1, 13)]
    name = f"search-1a2b3c4d-{number}"
    if number == 7:
        reason = "CUDA out of memory: 20 GiB were asked for, 3 GiB are free"
        return SearchTrial(number, "failed", settings, None, curve[:2], "", reason)
    if number > 5 and end < 0.93 and number != 13:
        return SearchTrial(number, "pruned", settings, None, curve[: 3 + number % 3], name)
    return SearchTrial(number, "complete", settings, max(curve), curve, name)
