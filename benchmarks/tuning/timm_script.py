"""timm's own way: its data, transforms, optimizer and scheduler as its train.py combines them.

All layers learn, from all of train, and the last epoch counts. Its options were tuned on ants and
bees: the same as --opt adamw --lr 5e-4 --epochs 5 --warmup-epochs 1 --smoothing 0.1
--head-init-scale 0 --scale 0.5 1 --color-jitter 0.
"""

from importlib import import_module
from typing import Any

from benchmarks.tuning.given import Given
from benchmarks.tuning.script import built, class_weights, main, share

EPOCHS, BATCH, RATE, WARM_UP, SMOOTHING = 5, 16, 5e-4, 1, 0.1
DECAY, SCALE, JITTER = 0.05, (0.5, 1.0), 0.0


def way(given: Given) -> float:
    """Fine-tune; return the accuracy on test."""
    of_timm: Any = import_module("timm.data")  # whose names its type hints do not export
    train, test = (
        of_timm.create_dataset("", root=f"{given.photos}/{name}") for name in ("train", "test")
    )
    network = built(given, len(train.reader.class_to_idx))
    config = of_timm.resolve_data_config({"input_size": (3, given.side, given.side)}, model=network)
    shared = {name: config[name] for name in ("input_size", "interpolation", "mean", "std")}
    shared |= {"batch_size": BATCH, "num_workers": 1, "use_prefetcher": False}
    loader = of_timm.create_loader(
        train, is_training=True, scale=SCALE, color_jitter=JITTER, **shared
    )
    labels = [label for _, label in train.reader.samples]
    learn(network, loader, class_weights(labels, given), min(EPOCHS, given.epochs))
    return share(network, of_timm.create_loader(test, crop_pct=1.0, **shared))


def learn(network: Any, loader: Any, weights: Any, epochs: int) -> None:  # noqa: ANN401
    """Train all layers."""
    from timm.optim import create_optimizer_v2  # type: ignore[attr-defined]  # noqa: PLC0415
    from timm.scheduler import create_scheduler_v2  # type: ignore[attr-defined]  # noqa: PLC0415
    from torch.nn import CrossEntropyLoss  # noqa: PLC0415

    optimizer = create_optimizer_v2(network, opt="adamw", lr=RATE, weight_decay=DECAY)
    warm_up = min(WARM_UP, epochs - 1)
    schedule, epochs = create_scheduler_v2(
        optimizer, sched="cosine", num_epochs=epochs, warmup_epochs=warm_up, warmup_lr=RATE / 100
    )
    loss = CrossEntropyLoss(weight=weights, label_smoothing=SMOOTHING)
    for epoch in range(epochs):
        network.train()
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss(network(inputs), labels).backward()
            optimizer.step()
        schedule.step(epoch + 1)


if __name__ == "__main__":
    main(way)
