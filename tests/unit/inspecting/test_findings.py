import numpy as np

from stages.inspecting.findings import Finding, as_rows, of_copies, worst_first
from stages.inspecting.held_out import Images
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
    assert first == Finding("contradiction", 0, 0.9, 1, 1)
    assert second == Finding("contradiction", 1, 0.9, 0, 0)


def test_equal_ones_are_listed_but_the_first() -> None:
    known = images([0] * 5, [0] * 5)
    found = [*of_copies(pairs((1, 3, 1.0), (1, 4, 1.0)), known)]
    assert [(one.row, one.other) for one in found] == [(3, 1), (4, 1)]


def test_without_pairs_there_is_nothing() -> None:
    none = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    assert [*of_copies(none, images([0, 1], [0, 1]))] == []


def test_the_worst_come_first_and_rows_have_names() -> None:
    known = images([0, 1, 1], [0, 1, 2])
    found = [Finding("dark", 2, 0.5), Finding("leak", 1, 0.5, -1, 2), Finding("label", 0, 0.9, 1)]
    rows = [*as_rows(worst_first(found), known)]
    assert [tuple(row) for row in rows] == [
        ("0.png", "train", "a", "label", 0.9, "b", "", ""),
        ("1.png", "val", "b", "leak", 0.5, "", "2.png", ""),
        ("2.png", "test", "b", "dark", 0.5, "", "", ""),
    ]
    splits = [row.split for row in as_rows(worst_first(found), known._replace(fresh=True))]
    assert splits == ["train (anew)", "val (anew)", "test (anew)"]
