import errno
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels, publish

from reprise.directory import Failure, Source
from reprise.inputs import Loaded, load, load_all
from reprise.spec import Channels, InputSpec, Interpolation, Resize
from stages.artifacts.raw import Image
from stages.imaging.row_group import decode_group

SPEC = InputSpec(6, 7, 3, "crop", "bilinear")
EXIF = Picture.Exif()
EXIF[0x0112] = 6  # turned by a quarter
SCENE = pixels(0, 31, 45)
INKS = Picture.frombytes("CMYK", (45, 31), pixels(1, 31, 180, 1).tobytes())
FILES = {
    "photo.jpg": encoded(SCENE, "JPEG"),
    "grey.jpg": encoded(pixels(2, 31, 45, 1), "JPEG"),
    "turned.jpg": encoded(SCENE, "JPEG", exif=EXIF),
    "inks.jpg": encoded(INKS, "JPEG"),
    "scan.png": encoded(SCENE),
    "deep.png": encoded(pixels(3, 31, 45, 1).astype(np.uint16) * 256),
    "alpha.png": encoded(np.dstack([SCENE, pixels(4, 31, 45, 1)])),
    "palette.gif": encoded(SCENE, "GIF"),
    "web.webp": encoded(SCENE, "WEBP"),
    "inks.tif": encoded(INKS, "TIFF"),
    "small.bmp": encoded(pixels(5, 2, 3), "BMP"),
    "fitting.png": encoded(pixels(6, 24, 20)),
}


@pytest.mark.parametrize("channels", get_args(Channels))
@pytest.mark.parametrize("resize", get_args(Resize))
@pytest.mark.parametrize("interpolation", get_args(Interpolation))
def test_pixels_are_those_that_preprocess_stores(
    channels: Channels, resize: Resize, interpolation: Interpolation, tmp_path: Path
) -> None:
    published = [Image(data, name, 0) for name, data in FILES.items()]
    (group,) = publish(tmp_path / "raw", {"train": published}).row_groups
    spec = InputSpec(24, 20, channels, resize, interpolation)
    stored = decode_group(group, spec, np.ones(len(FILES), bool))
    assert stored.paths == list(FILES)
    for (name, data), expected in zip(FILES.items(), stored.images, strict=True):
        path = tmp_path / name
        path.write_bytes(data)
        for source in (Source(name, path), Source(name, data)):
            found = load(source, spec)
            assert isinstance(found, Loaded)
            np.testing.assert_array_equal(found.pixels, expected, name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty (0 bytes)"),
        (b"text", "no picture of a kind that can be read"),
        (FILES["scan.png"][:200], "cut short or damaged"),
        (b"Pf\n1 1\n-1.0\n" + struct.pack("<f", 1), "floating-point pixels have no known range"),
    ],
)
def test_a_bad_picture_is_a_failure_with_the_reason(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    found = load(Source("bad.png", path), SPEC)
    assert isinstance(found, Failure)
    assert found.name == "bad.png"
    assert reason in found.reason


def test_a_line_too_long_to_crop_is_a_failure() -> None:
    line = encoded(Picture.new("1", (1, 2_000_000)))
    found = load(Source("line", line), SPEC._replace(height=224, width=224))
    assert isinstance(found, Failure)
    assert "too elongated" in found.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.png", "No such file or directory"),
        ("", "Is a directory"),
        ("a\0b.png", "null"),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_cannot_be_read_is_a_failure(name: str, reason: str, tmp_path: Path) -> None:
    found = load(Source(name, tmp_path / name), SPEC)
    assert isinstance(found, Failure)
    assert reason in found.reason


@pytest.mark.parametrize(
    "error",
    [MemoryError(), OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENFILE, "")],
)
def test_what_the_machine_lacks_is_no_failure_of_a_picture(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(_: Path) -> bytes:
        raise error

    (tmp_path / "a.png").touch()
    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(type(error)):
        load(Source("a.png", tmp_path / "a.png"), SPEC)


def sources(count: int) -> list[Source | Failure]:
    """Return pictures of unlike sizes, every fifth of them a failure."""
    return [
        Failure(f"{n}", "why") if n % 5 == 4
        else Source(f"{n}", encoded(pixels(n, 5 + 40 * (n % 3), 9)))
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_pictures_come_in_their_order_for_any_number_of_threads(threads: int, ahead: int) -> None:
    named = sources(20)
    found = list(load_all(iter(named), SPEC, threads, ahead))
    assert [picture.name for picture in found] == [source.name for source in named]
    assert [isinstance(picture, Failure) for picture in found] == [n % 5 == 4 for n in range(20)]
    for picture, source in zip(found, named, strict=True):
        if isinstance(picture, Loaded) and isinstance(source, Source):
            expected = load(source, SPEC)
            assert isinstance(expected, Loaded)
            np.testing.assert_array_equal(picture.pixels, expected.pixels)


def test_no_more_is_taken_than_is_to_be_decoded_ahead() -> None:
    taken = list[str]()

    def watched() -> Iterator[Source | Failure]:
        for source in sources(50):
            taken.append(source.name)
            yield source

    found = load_all(watched(), SPEC, 1, 3)
    next(found)
    assert len(taken) == 4
    next(found)
    assert len(taken) == 5
    found.close()  # type: ignore[attr-defined]


def test_nothing_gives_nothing() -> None:
    assert list(load_all(iter(()), SPEC, 1, 3)) == []
