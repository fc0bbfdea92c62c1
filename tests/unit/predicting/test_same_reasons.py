"""The same file is refused with the same sentence by the server's decoder and by the page."""

import functools
import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import Quiet, chromium, served
from PIL import Image as Picture

from reprise.codecs import complaints, kinds
from reprise.decoding import LARGEST
from reprise.demo.static_site import PAGE
from reprise.directory import Failure, Source
from reprise.inputs import load
from reprise.serving.prescreen import excess
from reprise.spec import InputSpec

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ASK = """async ([files, url]) => {
    const { decode } = await import(url + "decode.js");
    const ask = (bytes) => decode(new Blob([Uint8Array.from(bytes)]), 3);
    return Promise.all(JSON.parse(files).map((one) => ask(one).then(() => "", (e) => e.message)));
}"""
SENTENCES = """async (url) => {
    const found = await import(url + "reasons.js");
    const { EMPTY, NOTHING, SHORT, EPS, JPEG_XL } = found;
    return [EMPTY, NOTHING, SHORT, EPS, JPEG_XL, found.tooLarge(89478485), found.tooDeep(12)];
}"""
SPEC = InputSpec(8, 8, 3, "stretch", "bilinear")
EVERY: dict[str, dict[str, Any]] = {
    "JPEG": {}, "JPEG ": {"progressive": True}, "JPEG  ": {"restart_marker_blocks": 3},
    "JPEG   ": {"quality": 95, "subsampling": 0}, "PNG": {}, "GIF": {}, "WEBP": {},
    "WEBP ": {"lossless": True}, "BMP": {}, "AVIF": {}, "ICO": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page_says(browser: "Browser") -> Iterator[Callable[[list[bytes]], list[str]]]:
    """Return what asks the page for its reasons, empty where it reads a file."""
    with served(functools.partial(Quiet, directory=str(PAGE))) as url, browser.new_page() as page:
        page.goto(f"{url}icon.svg")
        yield lambda files: page.evaluate(ASK, [str([[*data] for data in files]), url])


def encoded(form: str, picture: Picture.Image | None = None, **options: object) -> bytes:
    rng, made = np.random.default_rng(len(form)), BytesIO()
    coarse = Picture.fromarray(rng.integers(0, 256, (11, 13, 3), np.uint8))
    (picture or coarse.resize((117, 93), 3)).save(made, form.strip(), **options)
    return made.getvalue()


def server_says(data: bytes) -> str:
    """Return the reason that the server and the commands have; empty where there is none."""
    if reason := excess(data, LARGEST):
        return reason
    found = load(Source("", data), SPEC)
    return found.reason if isinstance(found, Failure) else ""


def cut(data: bytes) -> dict[str, bytes]:
    """Return what is left of a file in which data are missing, in several ways."""
    made = dict[str, bytes]()
    for share in (0.03, 0.2, 0.5, 0.8, 0.95):
        start = data[: int(share * len(data))]
        missing = len(data) - len(start)
        made |= {f"cut at {share}": start, f"zeros from {share}": start + bytes(missing)}
        if data.startswith(b"\xff\xd8"):
            end = b"\xff\xd9"
            made |= {f"ended at {share}": start + end}
            made |= {f"zeros and an end from {share}": start + bytes(missing - 2) + end}
    return made | {"more": data + b"more" * 9, "zeros": data + bytes(99)}


@pytest.mark.parametrize("kind", EVERY)
def test_what_is_cut_short_is_so_for_both(
    page_says: Callable[[list[bytes]], list[str]], kind: str
) -> None:
    whole = encoded(kind, **EVERY[kind])
    files = {"whole": whole, **cut(whole)}
    expected = {name: server_says(data) for name, data in files.items()}
    if kind == "ICO":  # Pillow takes zeros of a bitmap within for black
        expected |= {name: complaints.SHORT for name in files if name.startswith("zeros from")}
    assert dict(zip(files, page_says([*files.values()]), strict=True)) == expected
    assert expected["whole"] == ""
    assert expected["cut at 0.5"] == complaints.SHORT


def test_whole_pictures_with_even_areas_are_read_by_both(
    page_says: Callable[[list[bytes]], list[str]],
) -> None:
    """Their data have long runs of zeros, which stand for nothing else."""
    files = [
        encoded(kind, Picture.new("RGB", (300, 200), colour), **EVERY[kind])
        for kind in EVERY
        for colour in ("black", "white", "grey")
    ]
    assert [server_says(data) for data in files] == [""] * len(files)
    assert page_says(files) == [""] * len(files)


def test_what_is_no_picture_is_none_for_both(
    page_says: Callable[[list[bytes]], list[str]],
) -> None:
    deep = encoded("JPEG").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c")
    huge = b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + encoded("GIF")[10:]
    files = {
        b"": complaints.EMPTY,
        b"a letter": complaints.NOTHING,
        b"BMW is a car": complaints.NOTHING,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>": complaints.NOTHING,
        b"%PDF-1.4\n": complaints.NOTHING,
        bytes(1000): complaints.NOTHING,
        b"%!PS-Adobe-3.0 EPSF-3.0\n": complaints.EPS,
        b"\xff\x0a" + bytes(100): complaints.JPEG_XL,
        **{begin + bytes(40): complaints.rare(kind) for begin, kind in kinds.OTHERS.items()},
        deep: complaints.too_deep(12),
        huge: complaints.too_large(LARGEST),
        encoded("PNG", Picture.new("1", (20_000, 10_000))): complaints.too_large(LARGEST),
        encoded("PNG", Picture.new("1", (9_500, 9_500))): complaints.too_large(LARGEST),
    }
    assert [server_says(data) for data in files] == [*files.values()]
    assert page_says([*files]) == [*files.values()]


def test_a_picture_that_the_browser_alone_does_not_read_is_named(
    page_says: Callable[[list[bytes]], list[str]],
) -> None:
    files = {"TIFF": "a TIFF", "JPEG2000": "a JPEG 2000", "PPM": "a PBM, PGM or PPM"}
    assert page_says([encoded(kind) for kind in files]) == [
        f"{named} file, which this browser does not read; convert it to PNG"
        for named in files.values()
    ]


def test_both_lists_of_sentences_are_the_same(browser: "Browser") -> None:
    with served(functools.partial(Quiet, directory=str(PAGE))) as url, browser.new_page() as page:
        page.goto(f"{url}icon.svg")
        assert page.evaluate(SENTENCES, url) == [
            complaints.EMPTY, complaints.NOTHING, complaints.SHORT, complaints.EPS,
            complaints.JPEG_XL, complaints.too_large(LARGEST), complaints.too_deep(12),
        ]  # fmt: skip
