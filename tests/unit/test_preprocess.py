import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from drawn import Sheet
from PIL import Image as Picture
from pydantic import ValidationError
from toys import encoded, pixels, publish, section

from reprise.codecs.complaints import NOTHING
from stages import preprocess as stage
from stages.artifacts import preprocess_metrics, raw, sample_sheet, splits
from stages.artifacts.cleaned import Cleaned, CleaningCounts
from stages.artifacts.raw import Image, Raw
from stages.artifacts.splits import NAMES, Meta, Split
from stages.errors import UserError
from stages.preprocess import Preprocess, preprocess

PARAMS = Preprocess.model_validate(
    section("preprocess", val_fraction=0.2, test_fraction=0.3, image_size=(4, 5), workers=2)
)
EXCLUDE = {"on_error": "exclude"}
REMEDY = "mend them at their source, or set preprocess.on_error: exclude to leave them out"
Images = dict[str, list[Image]]


def image(number: int, label: int | None = None, path: str | None = None) -> Image:
    """Return an even image as bright as its number; odd numbers are of class 1."""
    data = encoded(Picture.new("L", (6, 6), number))
    return Image(data, path or f"{number}.png", number % 2 if label is None else label)


def bad(number: int) -> Image:
    return image(number)._replace(data=b"damaged")


def images(numbers: range, damaged: set[int] | frozenset[int] = frozenset()) -> list[Image]:
    return [bad(number) if number in damaged else image(number) for number in numbers]


WHOLE = {"train": images(range(40))}
ALL = {"train": images(range(20)), "val": images(range(20, 30)), "test": images(range(30, 40))}


class Made:
    """What the stage makes of images."""

    def __init__(self, root: Path, published: Images, **changes: object) -> None:
        params = Preprocess.model_validate(PARAMS.model_dump() | changes)
        found = publish(root / "raw", published)
        with splits.writer((*params.image_size, params.channels), root / "splits") as out:
            summary = preprocess(params, found, out)
        self.seen, self.messages, self.sheet = summary
        self.counts: dict[str, int] = self.seen["counts"][0]  # type: ignore[index]
        self.parts: dict[str, Split] = {name: splits.read(name, root / "splits") for name in NAMES}
        self.meta: Meta = splits.read_meta(root / "splits")
        # An image is as bright as its number.
        self.numbers = {name: p.images[:, 0, 0, 0].tolist() for name, p in self.parts.items()}


def complaint(root: Path, published: Images, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        Made(root, published, **changes)
    assert not (root / "splits").exists()
    return str(caught.value)


def test_every_image_goes_to_one_split_with_its_label(tmp_path: Path) -> None:
    made = Made(tmp_path, WHOLE)
    assert sorted(chain(*made.numbers.values())) == list(range(40))
    for name, part in made.parts.items():
        assert part.labels.tolist() == [number % 2 for number in made.numbers[name]]


def test_splits_have_the_size_that_was_asked_for(tmp_path: Path) -> None:
    made = Made(tmp_path, WHOLE)
    shapes = {name: part.images.shape for name, part in made.parts.items()}
    assert shapes == {"train": (20, 4, 5, 1), "val": (8, 4, 5, 1), "test": (12, 4, 5, 1)}
    assert made.meta.counts == {"train": 20, "val": 8, "test": 12}
    interface = made.meta.interface
    assert (interface.height, interface.width, interface.channels) == (4, 5, 1)


def test_published_splits_stay(tmp_path: Path) -> None:
    assert Made(tmp_path, ALL).numbers == {
        "train": list(range(20)),
        "val": list(range(20, 30)),
        "test": list(range(30, 40)),
    }


def test_the_normalisation_is_that_of_train_alone(tmp_path: Path) -> None:
    made = Made(tmp_path, WHOLE)
    pixels = made.parts["train"].images / 255
    assert made.meta.interface.mean == pytest.approx((pixels.mean(),))
    assert made.meta.interface.std == pytest.approx((pixels.std(),))
    assert made.meta.interface.classes == ("even", "odd")


def test_colour_can_be_normalised_as_imagenet(tmp_path: Path) -> None:
    made = Made(tmp_path, WHOLE, channels=3, normalize="imagenet")
    assert made.meta.interface.mean == (0.485, 0.456, 0.406)
    assert made.parts["train"].images.shape == (20, 4, 5, 3)


def test_the_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    first, again = (Made(tmp_path / name, WHOLE, workers=w) for name, w in (("a", 1), ("b", 3)))
    for path in (tmp_path / "a/splits").rglob("*.*"):
        other = tmp_path / "b/splits" / path.relative_to(tmp_path / "a/splits")
        assert path.read_bytes() == other.read_bytes()
    assert first.seen == again.seen
    assert first.sheet == again.sheet


def test_bad_images_are_all_named_in_one_report(tmp_path: Path) -> None:
    published = {"train": images(range(30), {3, 17}), "test": images(range(30, 40), {36})}
    assert complaint(tmp_path, published).split("\n") == [
        *(f"{n}.png: cannot be decoded: {NOTHING}" for n in (36, 3, 17)),
        f"3 images; {REMEDY}",
    ]


def test_bad_images_are_left_out_and_listed(tmp_path: Path) -> None:
    damaged = {3, 17, 36}
    published = {"train": images(range(30), damaged), "test": images(range(30, 40), damaged)}
    made = Made(tmp_path, published, **EXCLUDE)
    assert sorted(chain(*made.numbers.values())) == sorted(set(range(40)) - damaged)
    for name, part in made.parts.items():
        assert part.labels.tolist() == [number % 2 for number in made.numbers[name]]
    reasons = {f"{n}.png": NOTHING for n in damaged}
    assert made.meta.excluded == reasons
    assert sum(made.meta.counts.values()) == 37
    assert made.counts["excluded"] == 3
    listed = [{"file": f"{n}.png", "reason": reasons[f"{n}.png"]} for n in (36, 3, 17)]
    assert made.seen["excluded_files"] == listed
    assert (
        "3 images left out as undecodable; listed in metrics/preprocess.json as excluded_files"
    ) in made.messages


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (set(range(0, 20, 2)), "train would have no image of the classes even; give every class"),
        (set(range(20, 30)), "no image of val is left; give every class more images"),
        (set(range(30, 40)), "no image of test is left; give every class more images"),
        (set(range(20)), "no image of train is left; give every class more images"),
        (set(range(40)), "no image of train is left; give every class more images"),
    ],
    ids=["class", "val", "test", "train", "all"],
)
def test_too_many_bad_images_are_refused(tmp_path: Path, damaged: set[int], message: str) -> None:
    published = {
        name: [bad(n) if (n := int(i.path[:-4])) in damaged else i for i in part]
        for name, part in ALL.items()
    }
    assert complaint(tmp_path, published, **EXCLUDE).startswith(message)


# 0 and 1 are in train and test, 2 in train and val, 3 twice in train; labels stay the same.
LEAKY = {
    "train": [*images(range(20)), image(3, path="again.png")],
    "val": [*images(range(20, 30)), image(2, path="2 of val.png")],
    "test": images(range(30, 40)) + [image(n, path=f"{n} of test.png") for n in (0, 1)],
}


def test_duplicates_are_counted_and_kept(tmp_path: Path) -> None:
    made = Made(tmp_path, LEAKY)
    assert made.meta.counts == {"train": 21, "val": 11, "test": 12}
    assert made.counts["repeated"] == 4
    assert made.counts["leaked"] == 3
    assert made.counts["contradictory"] == 0
    assert made.seen["shared"] == [
        {"splits": "train_and_val", "images": 1},
        {"splits": "train_and_test", "images": 2},
        {"splits": "val_and_test", "images": 0},
    ]
    assert sorted(made.seen["duplicates"]) == [  # type: ignore[call-overload]
        ["train: 0.png", "test: 0 of test.png"],
        ["train: 1.png", "test: 1 of test.png"],
        ["train: 2.png", "val: 2 of val.png"],
    ]
    listed = "; listed in metrics/preprocess.json as duplicates"
    assert made.messages[:2] == [
        f"1 image of train has the same pixels as images of val{listed}",
        f"2 images of train have the same pixels as images of test{listed}",
    ]


def test_duplicates_are_dropped_from_train_alone(tmp_path: Path) -> None:
    kept, dropped = (
        Made(tmp_path / choice, LEAKY, duplicates=choice) for choice in ("keep", "drop_from_train")
    )
    assert dropped.numbers["train"] == [*range(3, 20), 3]
    assert dropped.parts["train"].labels.tolist() == [n % 2 for n in dropped.numbers["train"]]
    assert dropped.numbers["val"] == kept.numbers["val"]
    assert dropped.numbers["test"] == kept.numbers["test"]
    assert dropped.meta.counts == {"train": 18, "val": 11, "test": 12}
    assert dropped.seen["duplicates"] == kept.seen["duplicates"]
    assert "3 of them dropped from train" in dropped.messages
    pixels = dropped.parts["train"].images / 255
    assert dropped.meta.interface.mean == pytest.approx((pixels.mean(),))


def test_a_class_of_which_all_images_are_dropped_is_refused(tmp_path: Path) -> None:
    even = [image(n, path=f"{n} again.png") for n in range(0, 20, 2)]
    published = ALL | {"test": ALL["test"] + even}
    message = "train would have no image of the classes even; "
    assert complaint(tmp_path, published, duplicates="drop_from_train").startswith(message)


def counted(root: Path, published: Images, relabelled: dict[str, list[int]]) -> tuple[Meta, Made]:
    """Return what is told of images that were relabelled, by published split and row."""
    tables = ("data/cleaning/a.csv",)
    changed = {
        split: Cleaned(tables=tables, excluded=2, relabelled=tuple(rows))
        for split, rows in relabelled.items()
    }
    plain = Made(root / "plain", published, duplicates="drop_from_train", **EXCLUDE)
    raw.write(Raw(("even", "odd"), published, {}, cleaned=changed), root / "raw")
    params = PARAMS.model_copy(update={"duplicates": "drop_from_train", **EXCLUDE})
    with splits.writer((4, 5, 1), root / "splits") as out:
        preprocess(params, raw.read(root / "raw"), out)
    return splits.read_meta(root / "splits"), plain


def test_relabelled_images_are_counted_in_the_split_that_they_are_cut_into(tmp_path: Path) -> None:
    rows = [0, 3, 7, 11, 12, 20, 33]
    meta, plain = counted(tmp_path, WHOLE, {"train": rows})
    expected = {name: len({*rows} & {*numbers}) for name, numbers in plain.numbers.items()}
    assert len({*expected.values()} - {0}) > 1
    told = CleaningCounts(tables=("data/cleaning/a.csv",), excluded=2, relabelled=expected)
    assert meta.cleaned == told
    assert meta.model_copy(update={"cleaned": None}) == plain.meta


def test_relabelled_images_that_are_dropped_are_not_counted(tmp_path: Path) -> None:
    published = {"test": ALL["test"], "train": [bad(1), *LEAKY["train"]], "val": LEAKY["val"]}
    dropped = (
        len(published["train"])
        - 1
        - Made(tmp_path / "x", published, duplicates="drop_from_train", **EXCLUDE).meta.counts[
            "train"
        ]
    )
    rows = [*range(len(published["train"]))]
    meta, _ = counted(tmp_path, published, {"train": rows, "test": [1]})
    assert dropped > 0
    assert meta.cleaned is not None
    assert meta.cleaned.excluded == 4
    assert meta.cleaned.relabelled == {"train": len(rows) - 1 - dropped, "val": 0, "test": 1}


def test_without_a_cleaning_nothing_is_written_of_one(tmp_path: Path) -> None:
    Made(tmp_path, WHOLE)
    assert "cleaned" not in json.loads((tmp_path / "splits" / "meta.json").read_text())


def test_the_same_pixels_under_two_labels_are_reported(tmp_path: Path) -> None:
    published = ALL | {"train": ALL["train"] + [image(4, label=1, path="other.png")]}
    made = Made(tmp_path, published)
    assert made.counts["contradictory"] == 1
    assert made.seen["duplicates"] == [["train: 4.png", "train: other.png"]]
    listed = "; listed in metrics/preprocess.json as duplicates"
    assert f"1 time the same pixels bear different labels{listed}" in made.messages


def test_groups_stay_whole_and_are_summarised(tmp_path: Path) -> None:
    paths = [image(n, path=f"patient{n // 4}/{n}.png") for n in range(80)]
    pattern = {"groups": "pattern", "group_pattern": r"patient(\d+)"}
    made = Made(tmp_path, {"train": paths}, **pattern)
    patients = [{number // 4 for number in numbers} for numbers in made.numbers.values()]
    assert sum(map(len, patients)) == len(set[int]().union(*patients)) == 20
    assert {name: len(numbers) for name, numbers in made.numbers.items()} == {
        "train": 40,
        "val": 16,
        "test": 24,
    }
    assert made.seen["groups"] == [
        {
            "number": 20,
            "largest": 4,
            "shares": [
                {"split": "test", "groups": 6, "found": 0.3, "asked": 0.3},
                {"split": "val", "groups": 4, "found": 0.2, "asked": 0.2},
            ],
        }
    ]
    assert made.messages[0] == (
        "20 groups, the largest of 4 images (0), test got 0.300 (0.300 asked), "
        "val got 0.200 (0.200 asked)"
    )
    assert "groups" not in Made(tmp_path / "again", {"train": paths}).seen


def test_near_duplicates_never_leak(tmp_path: Path) -> None:
    noise = [Image(encoded(pixels(n, 20, 20)), f"{n}.png", n % 2) for n in range(40)]
    twins = [i._replace(data=encoded(pixels(n, 20, 20), "JPEG", quality=90), path=f"{n} again")
             for n, i in enumerate(noise)]  # fmt: skip
    near = {"groups": "near_duplicates", "resize": "stretch"}
    made = Made(tmp_path, {"train": noise + twins}, **near)
    root = tmp_path / "splits"
    sets = [{path.split()[0].split(".")[0] for path in splits.read_paths(name, root)}
            for name in NAMES]  # fmt: skip
    assert sum(map(len, sets)) == 40
    assert made.messages[0].startswith("40 groups, the largest of 2 images (0.png), test got ")


def test_the_sheet_shows_a_row_a_class(tmp_path: Path) -> None:
    sheet = Sheet(Made(tmp_path, WHOLE).sheet)
    tops = sorted({one.y for one in sheet.images})
    for parity, top in enumerate(tops):
        shown = {one.picture.getpixel((0, 0)) for one in sheet.images if one.y == top}
        assert shown
        assert {int(str(number)) % 2 for number in shown} == {parity}
    assert len(tops) == 2


def test_too_few_images_are_refused_before_any_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "decode_into", lambda *_: pytest.fail("decoded"))
    message = complaint(tmp_path, {"train": images(range(3))})
    assert message.endswith("one alone of odd; bring more, or take the class out")


def test_odd_images_are_kept_counted_and_listed(tmp_path: Path) -> None:
    noise = [Image(encoded(pixels(n, 9, 9, 1)), f"{n}.png", n % 2) for n in range(20)]
    clear = encoded(Picture.new("RGBA", (9, 9), (1, 2, 3, 0)))
    unused = encoded(np.dstack([pixels(77, 9, 9), np.zeros((9, 9), np.uint8)]))
    dark = encoded((pixels(78, 9, 9, 1) >> 4).astype(np.uint8))
    odd = [Image(data, path, 0) for path, data in
           (("clear.png", clear), ("unused.png", unused), ("dark.png", dark))]  # fmt: skip
    made = Made(tmp_path, {"train": noise + odd}, resize="pad", image_size=(6, 9))
    counts = {key: made.counts[key] for key in ("transparent", "unused_alpha", "narrow_range")}
    assert counts == {"transparent": 1, "unused_alpha": 1, "narrow_range": 1}
    listed = made.seen["odd_files"]
    assert isinstance(listed, list)
    assert [row["file"] for row in listed] == ["clear.png", "unused.png", "dark.png"]
    assert made.counts["excluded"] == 0
    assert sum(map(len, made.numbers.values())) == 23


def test_want_of_memory_ends_the_stage_and_leaves_no_image_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("reprise.codecs.completeness.load", fail)
    with pytest.raises(MemoryError):
        Made(tmp_path, WHOLE, **EXCLUDE)
    assert not (tmp_path / "splits").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"image_size": (3, 8)},
        {"image_size": 8},
        {"on_error": "ignore"},
        {"duplicates": "drop"},
        {"splits": "anew"},
        {"workers": 0},
    ],
)
def test_other_values_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        Preprocess.model_validate(PARAMS.model_dump() | changes)


def params_file(**changes: object) -> None:
    values = PARAMS.model_dump(mode="json") | changes
    Path("params.yaml").write_text(json.dumps({"preprocess": values}))


def test_grey_images_cannot_be_normalised_as_imagenet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params_file(normalize="imagenet")
    with pytest.raises(UserError) as caught:
        stage.main()
    assert str(caught.value) == (
        "params.yaml: preprocess: normalize imagenet needs channels 3, is 1"
    )


def test_the_stage_reads_raw_and_writes_splits_and_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    params_file()
    publish(raw.PATH, WHOLE)
    stage.main()
    assert splits.read_meta().counts == {"train": 20, "val": 8, "test": 12}
    # They are even: images of one level each.
    assert capsys.readouterr().out.splitlines() == [
        (
            "neither val nor test is published: of the 40 images, 8 became val "
            "(preprocess.val_fraction) and 12 became test (preprocess.test_fraction)"
        ),
        (
            "40 images may not be what they should: uses at most a sixteenth of its range; "
            "listed in metrics/preprocess.json as odd_files"
        ),
        "train 20, val 8, test 12 images",
    ]
    found = json.loads(preprocess_metrics.PATH.read_text("utf-8"))
    assert found["counts"][0]["images"]["train"] == 20
    assert (sample_sheet.PATH / "samples.svg").read_text("utf-8").startswith("<svg ")
    assert preprocess_metrics.read().odd["narrow_range"] == 40
    assert preprocess_metrics.read().sizes.commonest == (6, 6)


def test_a_run_that_fails_leaves_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    params_file()
    publish(raw.PATH, {"train": images(range(40), {5})})
    with pytest.raises(UserError, match=r"5\.png: cannot be decoded"):
        stage.main()
    assert {path.name for path in tmp_path.rglob("*")} == {
        "params.yaml",
        "data",
        "raw",
        "train-00000-of-00001.parquet",
    }


def test_the_stage_says_which_stage_is_to_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params_file()
    with pytest.raises(UserError, match="data/raw: is missing; run `dvc repro download`"):
        stage.main()
