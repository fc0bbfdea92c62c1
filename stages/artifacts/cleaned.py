"""Excluded and relabelled images: as metadata of `data/raw` and counts in `data/splits`."""

from collections.abc import Mapping, Sequence

from pydantic import NonNegativeInt

from reprise.counting import counted
from reprise.escaping import printable
from stages.params import Params

KEY = b"cleaning"  # of the metadata of a file of data/raw, where there is anything to say


class Cleaned(Params):
    """The excluded and relabelled images of one published split."""

    tables: tuple[str, ...]  # that left images out, or gave them another label
    excluded: NonNegativeInt  # images that were left out
    relabelled: tuple[NonNegativeInt, ...]  # rows of the images that got another label

    def metadata(self) -> dict[bytes, bytes]:
        """Return this as metadata of a Parquet file; empty where nothing was changed."""
        return {KEY: self.model_dump_json().encode()} if self.tables else {}

    def after(self, start: int) -> "Cleaned":
        """Return the same with all row numbers raised by `start`."""
        return self.model_copy(update={"relabelled": tuple(start + n for n in self.relabelled)})


NONE = Cleaned(tables=(), excluded=0, relabelled=())


class CleaningCounts(Params):
    """The numbers of excluded and relabelled images of all splits."""

    tables: tuple[str, ...]
    excluded: NonNegativeInt
    relabelled: dict[str, NonNegativeInt]  # by split, without images that are in none

    def sentence(self) -> str:
        """Say it in words."""
        tables = " and ".join(map(printable, self.tables))
        total = sum(self.relabelled.values())
        where = ", ".join(
            f"{count:,} in {name}" for name, count in self.relabelled.items() if count
        )
        return (
            f"By {tables}, {counted(self.excluded, 'image was', 'images were')} left out and "
            f"{total:,} got another label"
            f"{f' ({where})' if where else ''}."
        )


def parse(metadata: Mapping[bytes, bytes] | None) -> Cleaned:
    """Parse the metadata of a Parquet file.

    Raises:
        ValueError: it is damaged.
    """
    text = (metadata or {}).get(KEY)
    return NONE if text is None else Cleaned.model_validate_json(text)


def together(parts: Sequence[Cleaned]) -> Cleaned:
    """Join the changes of several splits into one."""
    return Cleaned(
        tables=tuple(sorted({table for part in parts for table in part.tables})),
        excluded=sum(part.excluded for part in parts),
        relabelled=tuple(n for part in parts for n in part.relabelled),
    )
