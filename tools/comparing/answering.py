"""What a run of the pipeline answered, as the paired test takes it."""

from collections.abc import Iterator

from stages.artifacts.numbering import numbered
from stages.artifacts.predictions import Predictions
from tools.comparing.paired_test import Answer


def answers(run: Predictions) -> Iterator[Answer]:
    """Yield the prediction for each image; classes of one name are numbered."""
    # By name: in a run whose classes have another order, an index means another class.
    names, sure = numbered(run.classes), run.probabilities.max(1).tolist()
    rows = zip(run.paths, run.labels.tolist(), run.predicted.tolist(), sure, strict=True)
    return (Answer(path, names[label], names[said], p) for path, label, said, p in rows)
