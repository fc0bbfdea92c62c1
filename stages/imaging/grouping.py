"""Find which images belong together, and must not be in two splits."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int64
from pydantic import Field, model_validator

from reprise.escaping import printable
from stages import patterns
from stages.artifacts.huggingface import GROUPS, NAMES
from stages.artifacts.raw import Published
from stages.errors import UserError
from stages.imaging.pool import Decoding
from stages.imaging.thumbnailing import decode_thumbnails
from stages.near_duplicates import Similarity, connected, find_pairs

EXAMPLES = 10  # paths in one message
LEAKS = (
    ", and leave out what shares one: inspect lists it as `leak` in metrics/inspect/review.csv, "
    "which download.exclude takes"
)
Pattern = Annotated[str, Field(min_length=1, max_length=1000)]


class Grouping(Similarity):
    """Parameters of which images belong together; `similarity` counts for near-duplicates alone."""

    groups: Literal["none", "column", "pattern", "near_duplicates"] = Field(
        description="images that stay in one split: with the same download.group_column, the same "
        "part of their paths, or near-duplicates"
    )
    group_pattern: Pattern | None = Field(
        description="regular expression on the path in the source; its first group, else the "
        "match, names the image's group (pattern)"
    )

    @model_validator(mode="after")
    def _match_pattern(self) -> "Grouping":
        if self.groups == "pattern" and self.group_pattern is None:
            raise ValueError(
                r"groups pattern needs group_pattern, a regular expression as patient\d+, is null"
            )
        if self.groups != "pattern" and self.group_pattern is not None:
            raise ValueError(
                f"group_pattern is for groups pattern, but groups is {self.groups}; "
                "set it to null, or groups to pattern"
            )
        if self.group_pattern is not None and (flaw := patterns.flaw(self.group_pattern)):
            raise ValueError(
                f"group_pattern must be a regular expression as RE2 knows them: {flaw}"
            )
        return self


class Groups(NamedTuple):
    """Which images belong together, of all that is published."""

    numbers: Int64[np.ndarray, " n"]  # of the group of each image, from 0
    names: Sequence[str]  # of the groups
    smaller: str  # a parameter that would make them smaller
    apart: str = ""  # what helps, without groups, where published splits share some

    @property
    def remedy(self) -> str:
        """The remedy where there are too few groups for a split."""
        return f"bring more images of other groups, take the class out, or set {self.smaller}"


def find_groups(published: Published, params: Grouping, decoding: Decoding) -> Groups | None:
    """Return the groups that the parameters ask for, if any.

    Raises:
        UserError: data/raw has none, a path does not match, or a file is damaged.
    """
    match params.groups:
        case "column":
            return _of_column(published)
        case "pattern":
            return _of_paths(published, str(params.group_pattern))
        case "near_duplicates":
            thumbnails = decode_thumbnails(published.row_groups, decoding)
            numbers = connected(len(thumbnails), find_pairs(thumbnails, params.similarity))
            firsts = np.unique(numbers, return_index=True)[1]
            names = published.texts(NAMES).take(pa.array(firsts)).to_pylist()
            return Groups(numbers, names, "a higher preprocess.similarity", LEAKS)
    return None


def unused(published: Published, params: Grouping) -> Iterator[str]:
    """Say so where the images have groups that the parameters do not ask for."""
    if params.groups == "none" and published.grouped():
        yield (
            "images have groups (download.group_column), and preprocess.groups is none: those of "
            "one group may be in several splits; set it to column"
        )


def _of_column(published: Published) -> Groups:
    if not published.grouped():
        raise UserError(
            "params.yaml: preprocess.groups is column, but data/raw has no groups; set "
            "download.group_column to a column of the table, or of the Parquet files"
        )
    return _numbered(published.texts(GROUPS), "another download.group_column")


def _of_paths(published: Published, pattern: str) -> Groups:
    paths = published.texts(NAMES)
    found = patterns.captured(paths, pattern)
    if found.null_count:
        others = paths.filter(pc.is_null(found))[:EXAMPLES].to_pylist()
        raise UserError(
            f"params.yaml: preprocess.group_pattern {printable(pattern)} takes nothing of "
            f"{found.null_count} of {len(paths)} paths, and every image needs a group; "
            f"mend it for {', '.join(map(printable, others))}"
        )
    return _numbered(found, "another preprocess.group_pattern")


def _numbered(texts: pa.ChunkedArray, smaller: str) -> Groups:
    """Number groups in the order of their first images; a text is one however it is composed."""
    composed = pc.utf8_normalize(texts, form="NFC")
    encoded = composed.combine_chunks().dictionary_encode()
    numbers = encoded.indices.to_numpy().astype(np.int64)
    return Groups(numbers, encoded.dictionary.to_pylist(), smaller)
