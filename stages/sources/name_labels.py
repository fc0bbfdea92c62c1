"""Labels that are in the names of the files, as Abyssinian_12.jpg, by a regular expression."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.errors import UserError
from stages.params import Params
from stages.patterns import first_group, flaw, has_group
from stages.sources import split_names
from stages.sources.labelled import LabelledFile
from stages.sources.other_layouts import TEXTS
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store

GROUP = "label"
NO_LABEL = "text or table without a label in its name"
Pattern = Annotated[str, Field(min_length=1, max_length=1000)]


class NameLabels(Params):
    """Parameter of labels in the names of files."""

    label_pattern: Pattern | None = Field(
        description="regular expression (RE2) on the path of an image, whose first group, or the "
        "group `label`, is the label (folder); null: the folders are the classes"
    )


def find(store: Store, pattern: str) -> tuple[list[LabelledFile], dict[str, list[str]]]:
    """Return the images with their labels, and what is passed over.

    Raises:
        UserError: the expression is none, a name does not match it, a label is empty or holds a
            slash, or the folders tell two splits, or none for some.
    """
    names = store.names()
    labels = dict(zip(names, match(names, pattern), strict=True))
    texts = [n for n, label in labels.items() if label is None and n.lower().endswith(TEXTS)]
    images = {name: label for name, label in labels.items() if name not in {*texts}}
    place = f"{store.place}: download.label_pattern is {excerpt(pattern)}"
    raise_problems(
        f"{place}, which these files do not match; widen it, or move them away:",
        [name for name, label in images.items() if label is None],
    )
    raise_problems(
        f"{place}, which finds labels that are empty or hold a /; for `(.+)` write `([^/]+)`:",
        [f"{n}: '{label}'" for n, label in images.items() if not label or "/" in label],
    )
    if not images:
        raise UserError(f"{store.place}: holds no image; bring some, or correct download.path")
    splits = _splits(store.place, [*images])
    found = [LabelledFile(n, label, splits[n]) for n, label in images.items() if label]
    return found, {NO_LABEL: texts}


def match(names: Sequence[str], pattern: str) -> list[str | None]:
    """Return the first group, or the one called label, of each name; None where none matches.

    Raises:
        UserError: it is no regular expression, or has no group.
    """
    column = pa.array(names, pa.string())
    if wrong := flaw(pattern):
        raise _refused(pattern, wrong)
    if not has_group(pattern):
        raise _refused(pattern, f"has no group, as ({pattern}) would")
    try:
        if re.search(rf"\(\?P?<{GROUP}>", pattern):
            named = pc.extract_regex(column, pattern).to_pylist()
            return [None if one is None else str(one[GROUP]) for one in named]
        found = first_group(column, pattern).to_pylist()
        return [None if one is None else str(one) for one in found]
    except pa.ArrowInvalid as error:
        raise _refused(pattern, str(error)) from error
    except ValueError as error:  # of pyarrow, about the fields of its struct
        raise _refused(pattern, "two groups have one name") from error


def _refused(pattern: str, why: str) -> UserError:
    return UserError(
        f"params.yaml: download.label_pattern is {excerpt(pattern)}: {excerpt(why)}; expected is "
        "an expression of RE2 with one group, as ([^/]+)_\\d+\\.jpg$; where one is called "
        f"{GROUP}, all need names"
    )


def _splits(place: str, names: Sequence[str]) -> dict[str, str]:
    """Return the split that the folders above each image tell; train where none does."""
    folders = {name: PurePosixPath(name).parts[:-1] for name in names}
    known = split_names.split_folders({part for parts in folders.values() for part in parts})
    found = {n: {known[part] for part in parts if part in known} for n, parts in folders.items()}
    two = [f"{name}: {' and '.join(sorted(of))}" for name, of in found.items() if len(of) > 1]
    raise_problems(f"{place}: images in folders of two splits; rename the folders:", two)
    if any(found.values()):
        none = [name for name, of in found.items() if not of]
        raise_problems(f"{place}: images in no split, beside others in splits; move them:", none)
    return {name: next(iter(of), "train") for name, of in found.items()}
