from io import BytesIO
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from pydantic import ValidationError

from stages import preprocess as stage
from stages.artifacts import raw, splits
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.preprocess import Preprocess, preprocess

PARAMS = Preprocess(seed=0, val_fraction=0.2, test_fraction=0.3, size=4)


def image(number: int) -> Image:
    """Return an even image as bright as its number; odd numbers are of class 1."""
    file = BytesIO()
    Picture.new("L", (6, 6), number).save(file, "PNG")
    return Image(file.getvalue(), f"{number}.png", number % 2)


PUBLISHED = Raw(
    ("even", "odd"),
    {"train": [image(n) for n in range(30)], "test": [image(n) for n in range(30, 40)]},
)


def test_every_image_goes_to_one_split_with_its_label() -> None:
    _, parts = preprocess(PARAMS, PUBLISHED)
    numbers = {name: part.images[:, 0, 0, 0].tolist() for name, part in parts.items()}
    assert sorted(chain(*numbers.values())) == list(range(40))
    for name, part in parts.items():
        assert part.labels.tolist() == [number % 2 for number in numbers[name]]


def test_splits_have_the_size_that_was_asked_for() -> None:
    meta, parts = preprocess(PARAMS, PUBLISHED)
    assert {name: part.images.shape for name, part in parts.items()} == {
        "train": (20, 4, 4, 1),
        "val": (8, 4, 4, 1),
        "test": (12, 4, 4, 1),
    }
    assert meta.counts == {"train": 20, "val": 8, "test": 12}
    assert (meta.interface.height, meta.interface.width, meta.interface.channels) == (4, 4, 1)


def test_the_normalisation_is_that_of_train_alone() -> None:
    meta, parts = preprocess(PARAMS, PUBLISHED)
    pixels = parts["train"].images / 255
    assert meta.interface.mean == pytest.approx((pixels.mean(),))
    assert meta.interface.std == pytest.approx((pixels.std(),))
    assert meta.interface.classes == ("even", "odd")


def test_the_same_parameters_give_the_same_splits() -> None:
    (meta, parts), (again, parts_again) = (preprocess(PARAMS, PUBLISHED) for _ in range(2))
    assert meta == again
    for name, part in parts.items():
        np.testing.assert_array_equal(part.images, parts_again[name].images)


def test_a_damaged_image_is_named() -> None:
    damaged = Raw(PUBLISHED.classes, {"train": [*PUBLISHED.splits["train"], Image(b"", "x", 0)]})
    with pytest.raises(UserError, match="x: cannot be decoded"):
        preprocess(PARAMS, damaged)


def test_too_few_images_are_refused() -> None:
    few = Raw(PUBLISHED.classes, {"train": PUBLISHED.splits["train"][:3]})
    with pytest.raises(UserError, match="give every class more images"):
        preprocess(PARAMS, few)


@pytest.mark.parametrize("size", [3, 0, -8, 8.0])
def test_a_size_that_the_network_cannot_see_is_refused(size: float) -> None:
    with pytest.raises(ValidationError, match="size"):
        Preprocess.model_validate({**PARAMS.model_dump(), "size": size})


def test_the_stage_reads_raw_and_writes_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"preprocess: {PARAMS.model_dump_json()}")
    raw.write(PUBLISHED)
    stage.main()
    assert splits.read_meta().counts == {"train": 20, "val": 8, "test": 12}
    assert capsys.readouterr().out == "train 20, val 8, test 12 images\n"


def test_the_stage_says_which_stage_is_to_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"preprocess: {PARAMS.model_dump_json()}")
    with pytest.raises(UserError, match="data/raw: is missing; run `dvc repro download`"):
        stage.main()
