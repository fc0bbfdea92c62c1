"""Zip archives with the same bytes for the same content."""

from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip can express


def rewrite(archive: bytes, dropped: Sequence[str]) -> bytes:
    """Return an archive without time stamps and without the members that end in `dropped`."""
    made = BytesIO()
    with ZipFile(BytesIO(archive)) as old, ZipFile(made, "w", ZIP_STORED) as new:
        for name in old.namelist():
            if not name.endswith(tuple(dropped)):
                new.writestr(ZipInfo(name, EARLIEST), old.read(name))
    return made.getvalue()
