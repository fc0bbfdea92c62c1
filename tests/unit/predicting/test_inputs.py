import os
from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from PIL import Image as Picture
from toys import encoded, pixels

from reprise import inputs
from reprise.directory import SUFFIXES, Failure, Skipped, Source
from reprise.inputs import find
from reprise.spec import InputSpec

PNG, JPEG, GIF, WEBP, BMP, TIFF = (
    encoded(pixels(0), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
)
FILES = ("b/2.jpg", "b/10.JPEG", "b/notes.txt", "b/.hidden.png", "a.png", ".git/c.png", "b/c/d.gif")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of pictures and of other things."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(named: Iterable[str], stdin: bytes = b"") -> list[Source | Failure]:
    return list(find(named, lambda: BufferedReader(BytesIO(stdin))))


def names(*named: str, stdin: bytes = b"") -> list[str]:
    """Return the names of what was found, all of it files."""
    sources = found(named, stdin)
    assert all(isinstance(source, Source) for source in sources), sources
    return [source.name for source in sources]


def test_a_file_is_taken_whatever_its_suffix_and_as_often_as_named() -> None:
    assert names("b/notes.txt", "a.png", "a.png") == ["b/notes.txt", "a.png", "a.png"]


def test_of_a_folder_the_pictures_are_taken_in_the_order_of_their_names() -> None:
    assert names(".") == ["a.png", "b/10.JPEG", "b/2.jpg", "b/c/d.gif"]
    assert names("b/c", "b/") == ["b/c/d.gif", "b/10.JPEG", "b/2.jpg", "b/c/d.gif"]


def test_a_hidden_folder_that_is_named_is_entered() -> None:
    assert names(".git") == [".git/c.png"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("*.png", ["a.png"]),
        ("b/*", ["b/10.JPEG", "b/2.jpg", "b/notes.txt"]),
        ("**/*.[gp]*", ["a.png", "b/c/d.gif"]),
        ("?/1*", ["b/10.JPEG"]),
    ],
)
def test_a_pattern_stands_for_the_files_that_match(pattern: str, files: list[str]) -> None:
    assert names(pattern) == files
    root = Path.cwd()
    assert names(f"{root}/{pattern}") == [f"{root}/{file}" for file in files]


def test_a_list_may_begin_with_a_byte_order_mark() -> None:
    assert names("-", stdin=b"\xef\xbb\xbfa.png\r\nb/2.jpg\r\n") == ["a.png", "b/2.jpg"]
    assert names("-", stdin=b"\xef\xbb\xbf\na.png\n") == ["a.png"]


def test_an_empty_name_is_a_failure() -> None:
    reason = "is an empty text; name a file, a folder or an address"
    assert found([""]) == [Failure("''", reason)]


def test_a_file_whose_name_is_a_pattern_is_that_file() -> None:
    Path("a[1].png").touch()
    Path("a1.png").touch()
    assert names("a[1].png") == ["a[1].png"]


def test_what_is_not_there_is_left_for_the_reading_to_tell() -> None:
    assert names("none.png") == ["none.png"]


@pytest.mark.parametrize("pattern", ["*.webp", "none/*", "b/c*", "[]"])
def test_a_pattern_that_matches_no_file_is_a_failure(pattern: str) -> None:
    assert found([pattern]) == [Failure(pattern, "matches no file")]


def test_a_folder_without_a_picture_is_a_failure() -> None:
    Path("empty/deep").mkdir(parents=True)
    Path("empty/deep/notes.txt").touch()
    assert found(["empty", "a.png"]) == [
        Failure("empty", "contains no image"),
        Source("a.png", Path("a.png")),
    ]


def test_links_are_followed_but_not_in_circles() -> None:
    Path("b/c/up").symlink_to("..", target_is_directory=True)
    Path("b/c/other").symlink_to("../../.git", target_is_directory=True)
    Path("b/c/gone.png").symlink_to("nowhere")
    assert names("b/c") == [
        "b/c/d.gif", "b/c/gone.png", "b/c/other/c.png",
        "b/c/up/10.JPEG", "b/c/up/2.jpg",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_read_is_a_failure_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listing = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder.name == "c":
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert Failure("b/c", "Permission denied") in found(["b"])
    assert len(found(["b"])) == 3


def test_a_name_that_is_too_long_is_a_failure() -> None:
    assert found(["x" * 300, "a.png"])[1:] == [Source("a.png", Path("a.png"))]
    assert found(["*" + "x" * 300])[0] == Failure("*" + "x" * 300, "File name too long")


@pytest.mark.parametrize("data", [PNG, JPEG, GIF, WEBP, BMP, TIFF])
def test_a_picture_may_come_on_standard_input(data: bytes) -> None:
    assert found(["-"], data) == [Source("-", data)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_names_may_come_on_standard_input_line_by_line(end: bytes) -> None:
    lines = end.join([b"a.png", b"", b"b/c", b"b/*.jpg", b"none.gif"])
    assert names("-", stdin=lines) == ["a.png", "b/c/d.gif", "b/2.jpg", "none.gif"]
    assert names("-", "a.png", stdin=lines + end)[-2:] == ["none.gif", "a.png"]


def test_names_of_any_bytes_may_come_on_standard_input() -> None:
    name = os.fsdecode(b"caf\xe9 \xc3\xa4.png")
    Path(name).touch()
    assert names("-", stdin=os.fsencode(name)) == [name]


def test_names_are_taken_one_after_the_other() -> None:
    lines: BufferedReader = BufferedReader(BytesIO(b"a.png\n" * 5))
    sources = find(["-"], lambda: lines)
    next(sources)
    assert lines.readline() == b"a.png\n"
    assert len(list(sources)) == 3


def test_nothing_on_standard_input_is_nothing() -> None:
    assert found(["-"]) == []


def test_suffixes_are_of_formats_that_pillow_decodes() -> None:
    Picture.init()
    assert set(Picture.registered_extensions()) >= SUFFIXES - {".heic", ".heif", ".hif"}


def in_folder(content: dict[str, bytes]) -> tuple[list[str], Skipped]:
    """Return which files of a folder are taken, and what is said of the others."""
    Path("own").mkdir()
    for name, data in content.items():
        Path("own", name).write_bytes(data)
    skipped = Skipped()
    taken = find(["own"], lambda: BufferedReader(BytesIO()), skipped)
    return [Path(source.name).name for source in taken if isinstance(source, Source)], skipped


@pytest.mark.parametrize("suffix", ["mpo", "J2K", "j2c", "jpx", "apng", "ico", "heic", "HEIF"])
def test_a_file_with_the_suffix_of_an_image_is_taken_even_if_it_is_empty(suffix: str) -> None:
    assert in_folder({f"a.{suffix}": b""})[0] == [f"a.{suffix}"]


@pytest.mark.parametrize("data", [PNG, JPEG, GIF, WEBP, BMP, TIFF, JPEG[:200], PNG[:50]])
@pytest.mark.parametrize("name", ["photo", "photo.jpg_large", "photo.dat"])
def test_a_picture_is_taken_by_its_content(name: str, data: bytes) -> None:
    taken, skipped = in_folder({name: data})
    assert taken == [name]
    assert not skipped.names


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"%PDF-1.7", b"%!PS-Adobe-3.0 EPSF-3.0", bytes(99), b"PK\3\4"],
)
def test_what_is_no_picture_is_passed_over_and_named(data: bytes) -> None:
    taken, skipped = in_folder({"a.png": PNG, "b.dat": data, "c": data})
    assert taken == ["a.png"]
    assert str(skipped) == (
        "passed over 2 files that are no images (.dat 1, no suffix 1): own/b.dat, own/c"
    )


def test_of_many_that_are_passed_over_the_first_are_named() -> None:
    texts = {f"{n:02}.txt": b"text" for n in range(12)} | {f"{n}.csv": b"1" for n in range(3)}
    _, skipped = in_folder(texts)
    told = str(skipped)
    assert told.startswith("passed over 15 files that are no images (.txt 12, .csv 3): own/0")
    assert told.endswith(" and 10 more")
    assert "\n" not in told


def test_the_name_of_what_is_passed_over_cannot_act_on_the_terminal() -> None:
    _, skipped = in_folder({"a\x1b[2J.t\nt": b"text"})
    assert str(skipped).isprintable()


@pytest.mark.parametrize("name", ["own/pipe", "own/pipe.png"])
def test_a_pipe_in_a_folder_is_passed_over(name: str) -> None:
    Path("own").mkdir()
    os.mkfifo(name)
    skipped = Skipped()
    assert len(list(find(["own"], lambda: BufferedReader(BytesIO()), skipped))) == 1
    assert skipped.names == [name]


def test_few_bytes_wait_where_pictures_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "HELD", 2500)
    drawn, taken = list[int](), list[int]()

    def sources() -> Iterator[Source]:
        for at in range(20):
            drawn.append(at)
            assert len(drawn) - len(taken) <= 4  # 2 of 1,000 bytes, this one, and that on its way
            yield Source(str(at), PNG, held=1000)

    for found in inputs.load_all(sources(), InputSpec(6, 7, 3, "crop", "bilinear"), 2, ahead=100):
        assert isinstance(found, inputs.Loaded)
        taken.append(int(found.name))
    assert taken == [*range(20)]
