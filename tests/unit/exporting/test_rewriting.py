from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

import pytest

from stages.files import rewrite_zip


def archive(year: int, members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return file.getvalue()


MEMBERS = {"a/code.py": b"1", "a/code.py.debug_pkl": b"/home/me", "a/data": bytes(1000)}


def test_the_time_makes_no_difference() -> None:
    assert archive(2000, MEMBERS) != archive(2001, MEMBERS)
    assert rewrite_zip(archive(2000, MEMBERS), ()) == rewrite_zip(archive(2001, MEMBERS), ())


def test_only_what_is_to_be_dropped_is_dropped() -> None:
    with ZipFile(BytesIO(rewrite_zip(archive(2000, MEMBERS), (".debug_pkl",)))) as made:
        assert {name: made.read(name) for name in made.namelist()} == {
            "a/code.py": b"1",
            "a/data": bytes(1000),
        }


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(BadZipFile):
        rewrite_zip(b"no archive", ())
