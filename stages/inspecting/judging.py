"""Which labels were judged, and whether by networks that had learnt these labels."""

from collections import Counter
from collections.abc import Iterator

from reprise.counting import counted
from stages.artifacts.predictions import Predictions
from stages.inspecting.held_out import HeldOut, Images


def sentences(images: Images, judged: HeldOut, given: Predictions | None) -> Iterator[str]:
    """Say what a reader should know of the labels in doubt."""
    total = len(images.labels)
    if rest := total - int(judged.known.sum()):
        lack = "" if given is None else "inspect.predictions does not have them, and "
        fresh = "" if images.fresh else " (`-S preprocess.splits=fresh` where a split is published)"
        yield (
            f"{rest:,} of {total:,} labels, of train, are not judged: {lack}the classifier learnt "
            f"them. `reprise folds 5`{fresh}, and then inspect.predictions set to its file, judges "
            "them, too (docs/inspecting.md)."
        )
    if given is not None and any(found := changes(images, given)):
        relabelled, gone = found
        yield (
            f"inspect.predictions were made before {counted(relabelled, 'label')} changed and "
            f"{counted(gone, 'image was', 'images were')} left out, by networks that "
            "learnt the former; run `reprise folds` again (docs/inspecting.md)."
        )


def changes(images: Images, given: Predictions) -> tuple[int, int]:
    """Count images of a file that have another label now, and those that are there no more."""
    gone = (Counter(given.paths) - Counter(images.paths)).total()
    former = Counter(zip(given.paths, given.labels.tolist(), strict=True))
    now = Counter(zip(images.paths, images.labels.tolist(), strict=True))
    return (former - now).total() - gone, gone
