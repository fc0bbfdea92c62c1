"""Decoders that kill the process that they run in; workers of a cluster import this."""

import os
import signal
from pathlib import Path

import numpy as np

from reprise.spec import InputSpec
from stages.artifacts.raw import RowGroup
from stages.imaging import parting
from stages.imaging.parting import Place
from stages.imaging.row_group import DecodedGroup, decode_group

POISON = 5  # number of the row group that kills
MARK = "DIED"  # variable with the path of a file that says that one has died


def always(group: RowGroup, spec: InputSpec, is_train: np.ndarray) -> DecodedGroup:
    """Decode a group, or die of it."""
    if group.number == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return decode_group(group, spec, is_train)


def once(group: RowGroup, spec: InputSpec, is_train: np.ndarray) -> DecodedGroup:
    """Decode a group, or die of it the first time."""
    mark = Path(os.environ[MARK])
    if group.number == POISON and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return decode_group(group, spec, is_train)


def halfway(
    groups: list[RowGroup], spec: InputSpec, split_ids: np.ndarray, place: Place
) -> list[DecodedGroup]:
    """Write a part, or die, the first time, when a group of it is left."""
    parting.decode_group = once  # type: ignore[attr-defined]  # this process is a worker's
    return parting.write_part(groups, spec, split_ids, place)
