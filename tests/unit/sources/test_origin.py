import hashlib
from pathlib import Path

import pytest
from packing import PACKERS, as_zip, params, plant
from pydantic import ValidationError

from stages.errors import UserError
from stages.sources import origin

FILES = {"a/1.jpg": b"1", "b/2.jpg": b"2"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def left() -> set[str]:
    return {path.name for path in Path("data").iterdir()}


def test_a_folder_is_opened() -> None:
    plant(Path("data/source"), FILES)
    with origin.open_store(params()) as store:
        assert store.names() == [*FILES]
        assert store.place == "data/source"
    assert left() == {"source"}


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_is_opened_by_its_content(kind: str) -> None:
    plant(Path("data"), {"photos": PACKERS[kind](FILES)})
    with origin.open_store(params(path="data/photos")) as store:
        assert {name: store.read(name) for name in store.names()} == FILES
    assert left() == {"photos"}


def test_an_address_wins_over_the_path(tmp_path: Path) -> None:
    plant(tmp_path / "elsewhere", {"photos.zip": as_zip(FILES)})
    plant(Path("data/source"), {"c/3.jpg": b"3"})
    address = f"file://{tmp_path}/elsewhere/photos.zip"
    with origin.open_store(params(address=address)) as store:
        assert store.names() == [*FILES]
        assert store.place == address
    assert left() == {"source"}


def test_what_may_be_a_signature_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(_: str, target: Path, *__: object) -> None:
        target.write_bytes(as_zip(FILES))

    monkeypatch.setattr(origin, "fetch", fetched)
    with origin.open_store(params(address="https://host/a.zip?key=secret")) as store:
        assert store.place == "https://host/a.zip"


@pytest.mark.parametrize("upper", [False, True])
def test_a_checksum_that_fits_is_accepted(tmp_path: Path, upper: bool) -> None:  # noqa: FBT001
    data = as_zip(FILES)
    digest = hashlib.sha256(data).hexdigest()
    path = plant(tmp_path / "x", {"photos.zip": data}) / "photos.zip"
    digest = digest.upper() if upper else digest
    for place in ({"address": f"file://{path}"}, {"path": str(path)}):
        with origin.open_store(params(sha256=digest, **place)) as store:
            assert store.names() == [*FILES]


def test_a_checksum_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = plant(tmp_path / "x", {"photos.zip": as_zip(FILES)}) / "photos.zip"
    for place in ({"address": f"file://{path}"}, {"path": str(path)}):
        message = r"photos.zip: its sha256 is [0-9a-f]{64}, expected 0{64}"
        with (
            pytest.raises(UserError, match=message),
            origin.open_store(params(sha256="0" * 64, **place)),
        ):
            pass
    assert left() == set()


def test_a_folder_has_no_checksum() -> None:
    plant(Path("data/source"), FILES)
    with (
        pytest.raises(UserError, match=r"download.sha256 is for an archive, but data/source"),
        origin.open_store(params(sha256="0" * 64)),
    ):
        pass


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_a_place_with_nothing_is_named(sha256: str | None) -> None:
    message = r"^data/source: cannot be read: No such file.*correct download.path"
    with pytest.raises(UserError, match=message), origin.open_store(params(sha256=sha256)):
        pass
    assert left() == set()


def test_one_parquet_file_needs_no_folder() -> None:
    plant(Path("data"), {"train.parquet": b"PAR1..."})
    with origin.open_store(params(path="data/train.parquet")) as store:
        assert store.names() == ["train.parquet"]


def test_what_a_killed_run_left_is_removed() -> None:
    plant(Path("data/source"), FILES)
    plant(Path("data/.download.partial"), {"archive.tar": b"1"})
    with origin.scratch() as folder:
        assert list(folder.iterdir()) == []
    assert left() == {"source"}


def test_what_was_unpacked_goes_when_the_block_fails() -> None:
    plant(Path("data"), {"photos": PACKERS["tar.gz"](FILES)})
    unpacked = origin.SCRATCH / "archive.tar"
    with (
        pytest.raises(ZeroDivisionError, match="True"),
        origin.open_store(params(path="data/photos")),
    ):
        raise ZeroDivisionError(unpacked.exists())
    assert left() == {"photos"}


def test_a_place_that_cannot_be_written_is_named() -> None:
    Path("data").touch()
    with (
        pytest.raises(UserError, match=r"^data/.download.partial: cannot be made"),
        origin.scratch(),
    ):
        pass


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", "12"), ("sha256", "g" * 64), ("max_bytes", 0), ("path", ""), ("path", None)],
)
def test_parameters_are_checked(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        params(**{field: value})
