"""Count the pictures of a command line, as far as is possible without reading them."""

from collections.abc import Iterable
from pathlib import Path

from reprise.directory import Failure, Skipped
from reprise.inputs import STDIN
from reprise.shortage import lacking
from reprise.sourcing.naming import is_many, pictures_of
from reprise.sourcing.opening import is_holder
from reprise.sourcing.parquet_files import ENDING


def amount(named: Iterable[str]) -> int | None:
    """Return the number; None where an archive, a table of text or standard input is named."""
    known = 0
    for name in named:
        if (count := _of(name)) is None:
            return None
        known += count
    return known


def _of(name: str) -> int | None:
    if not is_many(name):
        return None if name == STDIN else 1
    path = Path(name)
    if is_holder(path):
        return _rows(path) if path.name.lower().endswith(ENDING) else None
    found = iter(pictures_of(name, Skipped()))
    first = next(found, None)
    if first is None or (not isinstance(first, Failure) and not isinstance(first.data, Path)):
        return _rows(*path.glob(f"*{ENDING}"))  # a folder of Parquet files
    return 1 + sum(1 for _ in found)


def _rows(*files: Path) -> int | None:
    """Return how many rows Parquet files have, as they say at their ends."""
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 - the predictor does without

        return int(sum(pq.read_metadata(file).num_rows for file in files))
    except Exception as error:  # damaged bytes make the library raise almost anything
        if lacking(error):
            raise
        return None  # which is told where the file is read
