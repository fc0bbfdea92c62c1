"""Decode the row groups of a part, and write their images, a file a split."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias
from uuid import uuid4

import numpy as np
from jaxtyping import Int8

from reprise.spec import InputSpec
from stages.artifacts import parts
from stages.artifacts.growing import GrowingArray
from stages.artifacts.raw import RowGroup
from stages.artifacts.splits import NAMES
from stages.imaging.engine import in_order
from stages.imaging.pool import Decoding, decode_on, started
from stages.imaging.row_group import DecodedGroup, decode_group

TRAIN = NAMES.index("train")
Ids: TypeAlias = Int8[np.ndarray, " n"]  # index into NAMES of the split of each image
WHOLE_BYTES = 2**34  # of pixels: up to that, a split is one file, which everything can map
PART_BYTES = 2**28  # of pixels: seconds of a worker, which are lost if it is killed


class Place(NamedTuple):
    """Where the images of a part go."""

    folder: Path  # of the splits
    number: int  # of the part
    rows: slice  # its images, numbered through all that is published


def layout(groups: Sequence[RowGroup], image_bytes: int) -> list[list[RowGroup]]:
    """Return the row groups of each part; none for a set that is small enough for one file."""
    if sum(group.size for group in groups) * image_bytes <= WHOLE_BYTES:
        return []
    cut, held = list[list[RowGroup]](), PART_BYTES
    for group in groups:
        if held >= PART_BYTES:
            cut.append([])
            held = 0
        cut[-1].append(group)
        held += group.size * image_bytes
    return cut


def write_parts(
    cut: Sequence[Sequence[RowGroup]], params: Decoding, split_ids: Ids, folder: Path
) -> Iterator[list[DecodedGroup]]:
    """Yield what is known of the groups of every part, in their order, but for their images.

    Those stand in `folder` then: the workers write them, or this process, if not all see it.

    Raises:
        UserError: a file is damaged, or a worker was killed.
    """
    groups = [group for part in cut for group in part]
    places = [
        Place(folder, number, slice(part[0].start, part[-1].start + part[-1].size))
        for number, part in enumerate(cut)
    ]
    with started(groups, params) as engine:
        if engine.reach(folder):
            calls = (
                ([*map(engine.reachable, part)], params.spec, split_ids[place.rows], place)
                for part, place in zip(cut, places, strict=True)
            )
            yield from in_order(engine, (engine.submit(write_part, *call) for call in calls))
        else:
            decoded = decode_on(engine, groups, params, split_ids == TRAIN)
            for part, place in zip(cut, places, strict=True):
                yield store(islice(decoded, len(part)), split_ids[place.rows], place)


def write_part(
    groups: Sequence[RowGroup], spec: InputSpec, split_ids: Ids, place: Place
) -> list[DecodedGroup]:
    """Decode row groups, and write their images; return all else that is known of them.

    `split_ids` says of each of their n images to which split it goes.

    Raises:
        UserError: a file is damaged.
    """
    start = place.rows.start
    decoded = (
        decode_group(group, spec, split_ids[group.start - start :][: group.size] == TRAIN)
        for group in groups
    )
    return store(decoded, split_ids, place)


def store(decoded: Iterable[DecodedGroup], split_ids: Ids, place: Place) -> list[DecodedGroup]:
    """Write the images of the decoded groups of a part; return the groups without them.

    Each file gets its name once it is whole: two workers may write it, of which one was thought
    dead.
    """
    made, stripped = dict[str, GrowingArray](), list[DecodedGroup]()
    suffix = f"{uuid4()}.partial"
    with ExitStack() as cleaning:
        for group in decoded:
            ids = split_ids[group.numbers - place.rows.start]
            for name in (NAMES[index] for index in np.unique(ids)):
                path = _partial(place, name, suffix)
                if name not in made:
                    made[name] = GrowingArray(path, np.uint8, group.images.shape[1:])
                    cleaning.callback(path.unlink, missing_ok=True)
                made[name].append(group.images[ids == NAMES.index(name)])
            stripped.append(group._replace(images=group.images[:0].copy()))
        for name, file in made.items():
            file.finish()
            _partial(place, name, suffix).replace(parts.path_of(place.folder / name, place.number))
    return stripped


def _partial(place: Place, name: str, suffix: str) -> Path:
    path = parts.path_of(place.folder / name, place.number)
    return path.with_name(f".{path.name}.{suffix}")
