"""fastai's own way: `vision_learner(...).fine_tune(EPOCHS)`, as its tutorial has it.

One epoch in which the last layers learn, then so many of all layers, with its schedule and
augmentation; batches are of 16 instead of 64, as there are few images; weights are the file's.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.tuning.given import Given
from benchmarks.tuning.script import class_weights, load, main

EPOCHS, BATCH = 3, 16


def way(given: Given) -> float:
    """Fine-tune; return the accuracy on test."""
    vision: Any = import_module("fastai.vision.all")  # in an environment of its own
    loaders = vision.ImageDataLoaders.from_folder(
        Path(given.photos),
        train="train",
        valid="test",
        seed=given.seed,
        bs=BATCH,
        num_workers=1,
        item_tfms=vision.Resize(given.side * 2),
        batch_tfms=[
            *vision.aug_transforms(size=given.side),
            vision.Normalize.from_stats(given.mean, given.std, cuda=False),
        ],
    )
    labels = [loaders.vocab.o2i[path.parent.name] for path in loaders.train_ds.items]
    loss = vision.CrossEntropyLossFlat(weight=class_weights(labels, given))
    learner = vision.vision_learner(
        loaders, given.architecture, pretrained=False, normalize=False, loss_func=loss
    )
    load(learner.model[0].model, given)
    skip = unvalidated(vision)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(min(EPOCHS, given.epochs), cbs=skip)
        predicted, labels = learner.get_preds(dl=loaders.valid)
    return float((predicted.argmax(1) == labels).float().mean())


def unvalidated(vision: Any) -> Any:  # noqa: ANN401
    """Return a callback that leaves validation out, as no other way has any but ours."""

    def cancel(_: object) -> None:
        raise vision.CancelValidException

    return type("Unvalidated", (vision.Callback,), {"before_validate": cancel})()


if __name__ == "__main__":
    main(way)
