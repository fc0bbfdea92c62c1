"""Two lines from a model to an answer: they say what `reprise predict` says, bit for bit."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import torch
from linear import CARD, SPEC, export, probabilities
from PIL import Image as Picture
from toys import encoded, pixels

import reprise
from reprise import Classifier
from reprise.classification import Classification, Classifications
from reprise.given import PictureError
from reprise.model import ModelError
from reprise.onnx_classifier import UNSEEN
from reprise.predict import main
from reprise.prediction import Prediction
from reprise.result_table import ROWS
from reprise.rule import Rule

SCENE = Picture.fromarray(pixels(0, 20, 25))
TURNED = Picture.Exif()
TURNED[0x0112] = 6  # the orientation
GREY16 = np.random.default_rng(1).integers(0, 65536, (20, 25)).astype(np.uint16)
FILES = {
    "plain.png": encoded(SCENE),
    "turned.jpg": encoded(SCENE, "JPEG", exif=TURNED.tobytes()),
    "inks.jpg": encoded(SCENE.convert("CMYK"), "JPEG"),
    "clear.png": encoded(np.dstack([pixels(1, 9, 11), pixels(2, 9, 11, 1)])),
    "palette.png": encoded(SCENE.quantize(9), transparency=2),
    "deep.png": encoded(GREY16),
    "grey.gif": encoded(pixels(3, 20, 25, 1), "GIF"),
    "bits.png": encoded(SCENE.convert("1")),
    "web.webp": encoded(SCENE, "WEBP", lossless=True),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a model and pictures, one of which is damaged."""
    (tmp_path / "photos").mkdir()
    for name, data in FILES.items():
        (tmp_path / "photos" / name).write_bytes(data)
    (tmp_path / "bad.png").write_bytes(b"text")
    export(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def classifier() -> Classifier:
    return Classifier("m.onnx", threads=1)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    """Return what `reprise predict` says of each picture."""
    main(["m.onnx", *arguments, "--format", "jsonl"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_is_answered_as_the_command_does(
    classifier: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    found = classifier("photos")
    assert isinstance(found, Classifications)
    assert found.to_dict() == printed(capsys, "photos")
    assert json.loads(found.to_json()) == found.to_dict()


@pytest.mark.parametrize("name", FILES)
def test_a_path_bytes_and_a_picture_of_pillow_give_the_same_bits(
    name: str, classifier: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("photos", name)
    by_path = classifier(str(path), top=9)
    with Picture.open(BytesIO(path.read_bytes())) as picture:
        others = [classifier(path), classifier(path.read_bytes()), classifier(picture)]
    assert isinstance(by_path, Classification)
    assert [by_path.to_dict()] == printed(capsys, str(path))
    for other in others:
        assert other.predictions == by_path.predictions
        assert isinstance(other.found, Prediction)
        assert isinstance(by_path.found, Prediction)
        np.testing.assert_array_equal(other.found.pixels, by_path.found.pixels)


@pytest.mark.parametrize("shape", [(20, 25, 3), (20, 25), (20, 25, 1), (20, 25, 4)])
def test_an_array_is_the_picture_that_it_would_be_as_a_file(
    shape: tuple[int, ...], classifier: Classifier
) -> None:
    array = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
    expected = classifier(encoded(array.squeeze()))
    for given in (array, np.asfortranarray(array), array.copy()[:]):
        assert classifier(given).predictions == expected.predictions
    assert classifier(array).path is None


@pytest.mark.parametrize("of", [BytesIO, memoryview, bytearray])
def test_bytes_of_any_kind_are_one_picture(of: Any, classifier: Classifier) -> None:  # noqa: ANN401
    data = FILES["plain.png"]
    assert data.count(b"\n") > 1
    assert classifier(of(data)).predictions == classifier(data).predictions
    assert [one.predictions for one in classifier([of(data)])] == [classifier(data).predictions]
    assert classifier.explain(of(data)).label == classifier(data).answer


def test_an_open_file_is_one_picture(classifier: Classifier) -> None:
    with Path("photos/plain.png").open("rb") as file:
        found = classifier(file)
    assert found.to_dict() == classifier("photos/plain.png").to_dict()


@pytest.mark.parametrize("number", [0, -1, 10**20])
def test_numbers_beyond_reason_are_errors_of_value(number: Any, classifier: Classifier) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="top must be a whole number from 1 to"):
        classifier(pixels(0), top=number)
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1 to"):
        Classifier("m.onnx", batch_size=number)
    with pytest.raises(ValueError, match="threads must be a whole number from 1 to 4,096, is"):
        Classifier("m.onnx", threads=number)


@pytest.mark.parametrize("of", [[], ["bad.png"] * 2, "photos", "photos/*.png"])
def test_one_picture_is_explained(of: Any, classifier: Classifier) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=r"explains one picture, and (none|several) are given"):
        classifier.explain(of)


def test_threads_may_share_a_picture_that_is_open_as_a_file(classifier: Classifier) -> None:
    data = encoded(Picture.fromarray(pixels(0, 700, 900)))
    expected = classifier(data).predictions
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            with Picture.open(BytesIO(data)) as picture:
                found = list(pool.map(classifier, [picture] * 8))
            assert [one.predictions for one in found] == [expected] * 8


def test_a_pipe_is_refused(classifier: Classifier) -> None:
    os.mkfifo("pipe.png")
    for path in ("pipe.png", "/dev/zero"):
        with pytest.raises(PictureError, match=f"{path}: is a pipe or a device"):
            classifier(path)
        with pytest.raises(ModelError, match=f"{path}: is a pipe or a device"):
            Classifier(path)


def test_a_pipe_of_the_shell_is_read(classifier: Classifier) -> None:
    end, start = os.pipe()
    os.write(start, FILES["plain.png"])
    os.close(start)
    found = classifier(f"/dev/fd/{end}")
    os.close(end)
    assert found.predictions == classifier("photos/plain.png").predictions


def test_a_strided_array_is_taken(classifier: Classifier) -> None:
    array = pixels(4, 30, 30)
    expected = classifier(np.ascontiguousarray(array[::2, ::-1]))
    assert classifier(array[::2, ::-1]).predictions == expected.predictions


def test_probabilities_are_those_of_the_model(classifier: Classifier) -> None:
    image = pixels(6, SPEC.height, SPEC.width)
    found = classifier(image, top=3)
    expected = probabilities(image[None], CARD)[0]
    shares = dict(found.predictions)
    np.testing.assert_allclose([shares[name] for name in CARD.classes], expected, atol=1e-6)
    assert found.probability == max(shares.values())
    assert found.answer == CARD.classes[int(expected.argmax())]


def test_a_list_has_a_row_for_whatever_stands_in_it(classifier: Classifier) -> None:
    given: Any = ["photos/plain.png", b"text", None, pixels(0), "none.png", 7, "photos", "bad.png"]
    found = classifier(given)
    assert len(found) == len(given) - 1 + len(FILES)
    assert [bool(one.error) for one in found[:6]] == [False, True, True, False, True, True]
    assert found[2].error is not None
    assert found[2].error.startswith("is of type NoneType; expected is a path")
    assert found[4].to_dict() == {"path": "none.png", "error": "No such file or directory"}
    assert [one.path for one in found.errors] == [None, None, "none.png", None, "bad.png"]
    assert found[-1].answer is None
    assert found[-1].probability is None


@pytest.mark.parametrize("of", [list, tuple, iter])
def test_any_number_may_be_given(of: type, classifier: Classifier) -> None:
    assert len(classifier(of([]))) == 0
    assert len(classifier(of(["photos/plain.png"]))) == 1


def test_a_tilde_stands_for_the_home_of_pictures_too(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    assert repr(Classifier("~/m.onnx")).startswith(f"Classifier('{Path.cwd()}/m.onnx')")
    assert classifier("~/photos/plain.png").path == f"{Path.cwd()}/photos/plain.png"
    assert len(classifier("~/photos")) == len(FILES)
    assert len(classifier(Path("~/photos/*.jpg"))) == 2


@pytest.mark.parametrize(
    ("name", "reason"), [("~nobody-has-it/m.onnx", "is missing"), ("a\0b", "is no name that a")]
)
def test_a_model_of_no_possible_name_is_an_error_of_model(name: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        Classifier(name)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_colours_multiplied_by_their_alpha_are_those_before(
    mode: str, classifier: Classifier
) -> None:
    plain = SCENE.convert(mode)
    plain.putalpha(Picture.fromarray(pixels(4, 20, 25, 1).reshape(20, 25)))
    multiplied = plain.convert(f"{mode[:-1]}a")
    expected = classifier(multiplied.convert(mode)).predictions
    assert expected
    assert classifier(multiplied).predictions == expected


def test_a_column_of_paths_stands_for_its_pictures(classifier: Classifier) -> None:
    table = pd.DataFrame({"path": ["photos/plain.png", "photos/grey.gif"]})
    assert [one.path for one in classifier(table["path"])] == [*table["path"]]
    (only,) = classifier(cast("Any", [torch.zeros(8, 8)]))
    assert "numpy.asarray(it)" in (only.error or "")


def test_a_glob_stands_for_its_files(classifier: Classifier) -> None:
    found = classifier("photos/*.jpg")
    assert [one.path for one in found] == ["photos/inks.jpg", "photos/turned.jpg"]


def closed() -> BytesIO:
    file = BytesIO(b"x")
    file.close()
    return file


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("bad.png", "bad.png: no picture of a kind that can be read"),
        ("none.png", "none.png: No such file or directory"),
        ("", "'': is an empty text; name a file, a folder or an address"),
        ("*.gif", r"\*.gif: matches no file"),
        ("empty", "empty: contains no image"),
        (b"", r"\(no name\): is empty \(0 bytes\)"),
        (None, "is of type NoneType; expected is a path, a folder, an address"),
        ({"a": 1}, "is of type dict"),
        (7, "is of type int"),
        (torch.tensor(1), r"is of type Tensor; give an array of NumPy: numpy.asarray\(it\), uint8"),
        (torch.zeros(8, 8), r"is of type Tensor; give an array of NumPy: numpy.asarray\(it\)"),
        (pd.DataFrame({"path": ["a.png"]}), "is of type DataFrame; give its column of paths"),
        (np.zeros((4, 4, 3)), "is an array of float64; expected is uint8, from 0 to 255"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"is an array \[2, 4, 4, 3\].*give list\(array\)"),
        (np.zeros((4, 4, 2), np.uint8), r"is an array \[4, 4, 2\]; expected is \[H, W\]"),
        (np.zeros((0, 4, 3), np.uint8), r"is an array \[0, 4, 3\]"),
        (np.zeros(4, np.uint8), r"is an array \[4\]"),
        (np.zeros((0, 0), np.uint8), r"is an array \[0, 0\]"),
        (Picture.new("RGB", (0, 0)), "has 0 x 0 pixels"),
        (Picture.new("L", (0, 3)), "has 0 x 3 pixels"),
        (StringIO("text"), "reads as str; open the file in binary: 'rb'"),
        (BytesIO(b""), r"is empty \(0 bytes\)"),
        (closed(), r"cannot be read \(I/O operation on closed file"),
        (Picture.new("F", (3, 3)), "floating-point pixels have no known range"),
        (Picture.new("I", (3, 3)), "32-bit pixels have no known range"),
        ("\x1b[2J.png", r"\\x1b\[2J.png: matches no file"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_an_error_of_value(
    given: object, message: str, classifier: Classifier
) -> None:
    Path("empty").mkdir()
    with pytest.raises(ValueError, match=message) as error:
        cast("Any", classifier)(given)
    assert isinstance(error.value, PictureError)


def test_a_picture_that_pillow_cannot_load_is_an_error_of_value(classifier: Classifier) -> None:
    with (
        Picture.open(BytesIO(FILES["plain.png"][:300])) as cut,
        pytest.raises(PictureError),
    ):
        classifier(cut)


def test_files_that_are_no_pictures_are_told(classifier: Classifier) -> None:
    Path("photos/notes.txt").write_text("text")
    assert classifier("photos").note == (
        "passed over 1 file that is no image (.txt 1): photos/notes.txt"
    )


def test_a_rule_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    export(Path("m.onnx"), CARD._replace(rule=Rule(0.99, 0.3, None, "precision", 0.9, 0.1, None)))
    found = Classifier("m.onnx")("photos")
    assert found.to_dict() == printed(capsys, "photos")
    assert None in [one.answer for one in found]
    assert all(one.predictions for one in found)


def test_of_many_pictures_only_the_first_keep_their_pixels(classifier: Classifier) -> None:
    found = classifier([pixels(0)] * (ROWS + 1))
    kept = [one.found.pixels for one in found if isinstance(one.found, Prediction)]
    assert kept[ROWS - 1].size
    assert kept[ROWS] is UNSEEN


def test_a_heat_map_is_of_the_class_asked_for(classifier: Classifier) -> None:
    usual = classifier.explain("photos/plain.png")
    assert usual.label == classifier("photos/plain.png").answer
    assert usual.heat_map.shape == (SPEC.height, SPEC.width)  # a cell a pixel
    assert usual.overlay().mode == "RGB"
    assert usual.overlay().size == (37 * SPEC.width, 37 * SPEC.height)
    other = classifier.explain(FILES["plain.png"], "ants")
    assert (usual.label, other.label) == ("Käfer", "ants")
    assert not np.array_equal(other.heat_map, usual.heat_map)
    with pytest.raises(ValueError, match="class 'wasp' is none of ants, bees, Käfer"):
        classifier.explain("photos/plain.png", "wasp")
    with pytest.raises(PictureError, match=r"bad\.png"):
        classifier.explain("bad.png")


def test_a_model_that_is_none_is_told() -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: is missing"):
        Classifier("none.onnx")


@pytest.mark.parametrize("threshold", [0.0, 0.4, 1.0])
def test_a_threshold_is_that_of_the_command(threshold: float, classifier: Classifier) -> None:
    options = ["m.onnx", "photos", "--threshold", str(threshold), "--output", "o.jsonl"]
    assert main(options) == 0
    said = [json.loads(line) for line in Path("o.jsonl").read_text("utf-8").splitlines()]
    found = classifier("photos", threshold=threshold)
    assert found.to_dict() == said
    assert [one.answer for one in found] == [row["answer"] for row in said]
    assert classifier("photos/plain.png", threshold=1.0).answer is None
    assert classifier("photos/plain.png").answer is not None


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(threshold: float, classifier: Classifier) -> None:
    with pytest.raises(ValueError, match="threshold must be a number from 0 to 1, is "):
        classifier("photos/plain.png", threshold=threshold)


def test_the_package_names_what_users_need() -> None:
    assert {*reprise.__all__} == {"Classifier", "ModelError", "PictureError"} < {*dir(reprise)}
    assert reprise.PictureError is PictureError
    assert reprise.ModelError is ModelError


def test_a_classifier_says_what_it_is(classifier: Classifier) -> None:
    assert repr(classifier) == "Classifier('m.onnx'): 3 classes, pictures of 6 x 7 x 3"
    assert classifier.classes == CARD.classes


def test_the_package_imports_nothing_until_it_is_asked() -> None:
    code = "import sys, reprise; print('numpy' in sys.modules, 'onnxruntime' in sys.modules)"
    root = Path(reprise.__file__).parents[1]
    found = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    assert found == "False False\n"
    with pytest.raises(AttributeError, match="has no attribute 'Clasifier'"):
        _ = reprise.Clasifier
