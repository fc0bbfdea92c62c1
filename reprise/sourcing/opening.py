"""Open what the command line names: a picture, a folder, an address, an archive or a table."""

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from reprise.directory import Failure, Skipped, Source, pictures
from reprise.sourcing import packed, parquet_files, tabled
from reprise.sourcing.tabled import Listing, PictureColumns

HOLDERS = (*packed.ENDINGS, *tabled.ENDINGS, parquet_files.ENDING)


def is_holder(path: Path) -> bool:
    """Return whether a file holds or names any number of pictures, by its name."""
    return path.name.lower().endswith(HOLDERS) and path.is_file()


def held(path: Path, skipped: Skipped, wanted: PictureColumns) -> Iterator[Source | Failure]:
    """Yield the pictures of an archive, a Parquet file or a table."""
    name = path.name.lower()
    if name.endswith(packed.ENDINGS):
        return packed.pictures(path, str(path), skipped)
    listing = Listing(path, str(path), wanted)
    if name.endswith(parquet_files.ENDING):
        return parquet_files.pictures(listing)
    return tabled.pictures(listing)


def of_folder(path: Path, skipped: Skipped, wanted: PictureColumns) -> Iterator[Source | Failure]:
    """Yield the pictures of a folder; of one that holds but Parquet files, as data/raw, theirs."""
    shards = sorted(path.glob(f"*{parquet_files.ENDING}"), key=attrgetter("name"))
    if shards and isinstance(next(pictures(path, Skipped())), Failure):
        for shard in shards:
            yield from held(shard, skipped, wanted)
    else:
        yield from pictures(path, skipped)
