"""Count what a cleaning changed, by the splits that its images are in now."""

import numpy as np

from stages.artifacts.cleaned import Cleaned, CleaningCounts
from stages.artifacts.splits import NAMES
from stages.imaging.assembly import ImageRecords
from stages.imaging.duplicates import DuplicateReport


def count_cleaned(
    cleaned: Cleaned, records: ImageRecords, duplicates: DuplicateReport
) -> CleaningCounts | None:
    """Return what was changed, without images that were dropped since; None where nothing was."""
    if not cleaned.tables:
        return None
    numbers = np.array(cleaned.relabelled, np.int64)
    if records.dropped:
        numbers = np.setdiff1d(numbers, duplicates.leaked)
    ids = records.split_ids[numbers]
    counts = {name: int((ids == number).sum()) for number, name in enumerate(NAMES)}
    return CleaningCounts(tables=cleaned.tables, excluded=cleaned.excluded, relabelled=counts)
