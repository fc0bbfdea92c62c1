import numpy as np

from stages.inspecting.findings import Finding, as_rows, of_copies, worst_first
from stages.inspecting.held_out import Images
from stages.inspecting.tally import by_class, summary
from stages.near_duplicates import Pairs


def images(labels: list[int], splits: list[int]) -> Images:
    paths = [f"{row}.png" for row in range(len(labels))]
    return Images(paths, np.array(labels), np.array(splits), ("a", "b"))


def pairs(*found: tuple[int, int, float]) -> Pairs:
    first, second, similarity = zip(*found, strict=True)
    return Pairs(np.array(first), np.array(second), np.array(similarity))


def test_of_a_group_the_one_in_test_stays() -> None:
    known = images([0, 0, 0, 0], [0, 0, 2, 1])
    found = {one.row: one for one in of_copies(pairs((0, 1, 0.9), (0, 2, 0.99)), known)}
    assert found.keys() == {0, 1}
    assert found[0] == Finding("leak", 0, 0.99, -1, 2)
    assert found[1] == Finding("duplicate", 1, 0.9, -1, 0)


def test_another_label_weighs_more_than_another_split() -> None:
    known = images([0, 1, 0], [0, 0, 1])
    (first, second) = sorted(of_copies(pairs((0, 1, 0.9), (0, 2, 0.99)), known))
    assert first == Finding("contradiction", 0, 0.9, other=1)
    assert second == Finding("contradiction", 1, 0.9, other=0)


def test_of_two_labels_none_is_suggested_and_both_images_are_listed() -> None:
    known = images([0, 1, 1], [0, 0, 0])
    found = [*of_copies(pairs((0, 1, 0.9)), known)]
    assert [(one.row, one.other, one.suggestion) for one in found] == [(0, 1, -1), (1, 0, -1)]
    assert [row.found[0] for row in by_class(found, known)] == [1, 1]


def test_equal_ones_are_listed_but_the_first() -> None:
    known = images([0] * 5, [0] * 5)
    found = [*of_copies(pairs((1, 3, 1.0), (1, 4, 1.0)), known)]
    assert [(one.row, one.other) for one in found] == [(3, 1), (4, 1)]


def test_without_pairs_there_is_nothing() -> None:
    none = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    assert [*of_copies(none, images([0, 1], [0, 1]))] == []


def test_the_worst_of_each_kind_come_first_and_rows_have_names() -> None:
    known = images([0, 1, 1], [0, 1, 2])
    found = [
        Finding("dark", 2, 1.0),
        Finding("label", 2, 0.3, 0),
        Finding("label", 0, 0.9, 1),
        Finding("leak", 1, 0.5, -1, 2),
    ]
    rows = [*as_rows(worst_first(found, known), known)]
    assert [tuple(row) for row in rows] == [
        ("1.png", "val", "b", "leak", 0.5, "", "2.png", ""),
        ("0.png", "train", "a", "label", 0.9, "b", "", ""),
        ("2.png", "test", "b", "label", 0.3, "a", "", ""),
        ("2.png", "test", "b", "dark", 1, "", "", ""),
    ]
    splits = [row.split for row in as_rows(found, known._replace(fresh=True))]
    assert splits == ["test (anew)", "test (anew)", "train (anew)", "val (anew)"]


def test_what_was_decided_before_comes_last_with_its_decision() -> None:
    known = images([0, 1, 1], [0, 1, 2])._replace(decided={1: "keep"})
    found = [Finding("leak", 1, 0.5, -1, 2), Finding("dark", 2, 0.1)]
    rows = [*as_rows(worst_first(found, known), known)]
    assert [(row.path, row.decision) for row in rows] == [("2.png", ""), ("1.png", "keep")]
    assert summary(found, known).endswith("; 1 of them were decided before")


def test_findings_are_counted_beside_images_where_an_image_has_several() -> None:
    known = images([0, 1, 1], [0, 1, 2])
    found = [Finding("label", 1, 0.5), Finding("outlier", 2, 0.1)]
    assert summary(found, known) == "2 of 3 images to look at: label 1, outlier 1"
    found.append(Finding("bright", 2, 0.1))
    assert summary(found, known) == (
        "2 of 3 images to look at, with 3 findings: label 1, outlier 1, bright 1"
    )
    assert summary([], known) == "0 of 3 images to look at"
