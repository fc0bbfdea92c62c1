"""Find the images that were decided about in an earlier review."""

from collections import defaultdict

from stages.artifacts.decided import DecidedImages
from stages.artifacts.splits import NAMES
from stages.inspecting.held_out import Images

Key = tuple[str, str, str]  # published split or nothing, path, label


def earlier(images: Images, given: DecidedImages) -> dict[int, str]:
    """Return the decision by row, of the rows that have one.

    Images are told by path and label and, where they are in the splits in which they were
    published, by these. What may be one of several has none.
    """
    rows, decisions = defaultdict[Key, list[int]](list), defaultdict[Key, list[str]](list)
    for split, path, label, decision in given.images:
        decisions["" if images.fresh else split, path, label].append(decision)
    # What `preprocess` cut off for val or test was published as train.
    homes = ["" if images.fresh else name if name in given.splits else "train" for name in NAMES]
    for row, path in enumerate(images.paths):
        key = homes[images.splits[row]], path, images.classes[images.labels[row]]
        if key in decisions:
            rows[key].append(row)
    return {
        found[0]: decisions[key][0]
        for key, found in rows.items()
        if len(found) == len(decisions[key]) == 1
    }
