from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise.codecs.jpeg_scans import END
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

SCENE = Picture.fromarray(pixels(0, 12, 15)).resize((120, 96), Picture.Resampling.BICUBIC)
EXIF = Picture.Exif()
EXIF[0x010E] = "a scene"
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "baseline": ("RGB", {}),
    "grey": ("L", {}),
    "inks": ("CMYK", {}),
    "progressive": ("RGB", {"progressive": True}),
    "grey, progressive": ("L", {"progressive": True}),
    "own tables": ("RGB", {"optimize": True}),
    "restarts": ("RGB", {"restart_marker_blocks": 3}),
    "progressive, restarts": ("RGB", {"progressive": True, "restart_marker_blocks": 3}),
    "with EXIF": ("RGB", {"exif": EXIF}),
    "no subsampling": ("RGB", {"subsampling": "4:4:4"}),
}
FILES = {
    name: encoded(SCENE.convert(mode), "JPEG", quality=85, **options)
    for name, (mode, options) in KINDS.items()
}
each = pytest.mark.parametrize("kind", FILES)


def refused(data: bytes) -> bool:
    try:
        decode(data, 3)
    except UndecodableError as error:
        assert "cut short or damaged" in str(error)  # noqa: PT017 - both outcomes are asked for
        return True
    return False


def same(data: bytes, other: bytes) -> bool:
    return np.array_equal(np.asarray(decode(data, 3)), np.asarray(decode(other, 3)))


@each
def test_a_whole_file_is_taken(kind: str) -> None:
    assert not refused(FILES[kind])


@each
@pytest.mark.parametrize("share", [0.4, 0.55, 0.7, 0.85, 0.95])
def test_an_end_marker_after_missing_data_does_not_make_them_whole(kind: str, share: float) -> None:
    data = FILES[kind]
    assert refused(data[: int(share * len(data))] + END)


@each
@pytest.mark.parametrize("share", [0.4, 0.6, 0.8, 0.95])
def test_zeros_in_place_of_the_rest_are_refused(kind: str, share: float) -> None:
    data = FILES[kind]
    kept = data[: int(share * len(data))]
    assert refused(kept + bytes(len(data) - len(kept)))
    assert refused(kept + bytes(len(data) - len(kept) - 2) + END)


@each
def test_a_hole_of_zeros_in_the_midst_is_refused(kind: str) -> None:
    data = FILES[kind]
    middle, size = int(0.6 * len(data)), len(data) // 8
    assert refused(data[:middle] + bytes(size) + data[middle + size :])


@each
def test_a_file_without_its_end_marker_is_refused(kind: str) -> None:
    assert refused(FILES[kind][:-2])


@each
@pytest.mark.parametrize(
    "more",
    [bytes(1), bytes(5000), b"a note\r\n", END, FILES["grey"], FILES["grey"][:-9], b"\xff" * 7],
    ids=["zero", "zeros to the end of a block", "text", "end again", "picture", "half", "fill"],
)
def test_whatever_follows_the_end_marker_is_no_matter(kind: str, more: bytes) -> None:
    assert same(FILES[kind] + more, FILES[kind])


@each
@pytest.mark.parametrize("more", [bytes(3), bytes(500), b"\xff\xff\xff"])
def test_padding_before_the_end_marker_is_no_matter(kind: str, more: bytes) -> None:
    assert same(FILES[kind][:-2] + more + END, FILES[kind])


@pytest.mark.parametrize("options", [{"optimize": True}, {"progressive": True}])
@pytest.mark.parametrize("below", [False, True])
def test_an_even_area_is_no_hole(options: dict[str, Any], *, below: bool) -> None:
    page = Picture.new("RGB", (900, 900), "white")
    page.paste(SCENE, (300, 700 if below else 20))
    data = encoded(page, "JPEG", **options)
    assert bytes(64) in data
    assert not refused(data)


def test_a_progressive_file_of_which_the_last_scans_are_missing_is_refused() -> None:
    data = FILES["progressive"]
    scans = [at for at in range(len(data)) if data.startswith(b"\xff\xda", at)]
    assert len(scans) > 5
    tables = [data.rfind(b"\xff\xc4", 0, scan) for scan in scans[1:]]
    for table in tables:
        assert refused(data[:table] + END)


def test_a_picture_cut_short_before_another_one_is_refused() -> None:
    data = FILES["baseline"]
    assert refused(data[: len(data) // 2] + FILES["grey"])


def test_two_pictures_in_one_file_are_the_first() -> None:
    data = encoded(SCENE, "MPO", save_all=True, append_images=[SCENE.rotate(90)])
    first = data[: data.index(END, data.index(b"\xff\xda")) + 2]
    np.testing.assert_array_equal(np.asarray(decode(data, 3)), np.asarray(decode(first, 3)))
    assert refused(data[: len(first) // 2] + END + data[len(first) :])


def test_a_small_picture_cut_in_its_last_blocks_is_refused() -> None:
    data = encoded(pixels(3, 32, 32), "JPEG", quality=95)
    assert not refused(data)
    for missing in range(40, 400, 30):
        assert refused(data[:-missing] + END)
