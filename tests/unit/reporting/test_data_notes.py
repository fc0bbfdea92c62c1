# ruff: noqa: RUF001  # names of other scripts, and the sign of a product
import pytest
from judging import sources

from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.preprocess_metrics import CutOff, Cutting, PublishedSizes
from stages.reporting.data_notes import Sources, facts

PLAIN = sources()


def told(given: Sources) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts(given, "All alike.", "No duplicates.")}


def found(**changes: object) -> Sources:
    return PLAIN._replace(findings=PLAIN.findings._replace(**changes))  # type: ignore[arg-type]


def received(**changes: object) -> Sources:
    return PLAIN._replace(received=PLAIN.received._replace(**changes))  # type: ignore[arg-type]


def test_of_plain_images_little_is_said() -> None:
    assert told(PLAIN) == {
        "data set": "Toys",
        "published as": "9 images, without splits",
        "sizes": "all are 5 × 4 pixels, and used so, in greyscale",
        "left out": "nothing",
        "equal pixels": "No duplicates.",
        "balance": "All alike.",
    }


def test_a_split_that_was_cut_off_is_told_beside_the_published_ones() -> None:
    cutting = Cutting(["train", "val"], 245, [CutOff("test", 49, "preprocess.test_fraction")])
    given = found(cutting=cutting)
    given = given._replace(
        received=given.received._replace(images={"train": 245, "val": 153}),
    )
    assert told(given)["published as"] == (
        "398 images: 245 in train, 153 in val; no test is published: of the 245 images of train, "
        "49 became test (preprocess.test_fraction)"
    )


def test_files_that_are_no_images_are_counted_in_english() -> None:
    for count, said in ((1, "1 file that is no image "), (2, "2 files that are no images ")):
        assert told(received(passed_over={"text": count}))["left out"].startswith(said)


def test_a_set_without_a_name_is_of_the_user() -> None:
    assert told(received(dataset=""))["data set"] == "images of your own"


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (PublishedSizes(1, (8, 9), (8, 8), (9, 9)), "all are 9 × 8 pixels; cropped and resized"),
        (
            PublishedSizes(7, (8, 9), (8, 2000), (1, 3000)),
            "7 sizes, 1 to 3,000 pixels wide and 8 to 2,000 high, most often 9 × 8; cropped",
        ),
    ],
)
def test_sizes_are_told_and_what_was_done_about_them(sizes: PublishedSizes, said: str) -> None:
    assert told(found(sizes=sizes))["sizes"].startswith(said)


def test_all_that_was_left_out_is_told() -> None:
    cleaned = CleaningCounts(tables=("data/cleaning/a.csv",), excluded=2, relabelled={"train": 1})
    given = found(excluded=1)._replace(cleaned=cleaned)
    given = given._replace(received=given.received._replace(passed_over={"text": 1, "empty": 1}))
    assert told(given)["left out"] == (
        "By data/cleaning/a.csv, 2 images were left out and 1 got another label (1 in train). "
        "1 image that cannot be decoded. 2 files that are no images (metrics/download.json)."
    )


def test_odd_images_and_groups_are_told_where_there_are_some() -> None:
    odd = {"narrow_range": 3, "transparent": 0, "unused_alpha": 0}
    said = told(found(odd=odd, groups=1200, largest_group=30))
    assert said["looks odd"].startswith("3 use at most a sixteenth of their range (")
    assert said["groups"] == "1,200 groups whose images stay in one split; the largest has 30"
