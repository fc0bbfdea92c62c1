"""Compare the predictions of two runs: `reprise compare main workspace`.

Prints whether the difference of their accuracies is more than chance (McNemar's test, paired
bootstrap), and the classes and images that changed. A and B are Git revisions, experiments, or
`workspace`; DVC finds their metrics/evaluate/predictions.parquet in its cache or a remote.
"""

from reprise.escaping import printable
from reprise.tool_parsers import parser
from stages import errors, files
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.comparing.fetching import answers, fetch
from tools.comparing.paired_test import Pair, changed, difference, match, shifts
from tools.comparing.verdict import class_table, image_table, verdict


def compare(a: Predictions, b: Predictions) -> tuple[list[str], list[Pair]]:
    """Return the lines of the report, and the images whose prediction changed.

    Raises:
        UserError: they have no image in common.
    """
    matched = match(answers(a), answers(b))
    pairs = matched.pairs
    if not pairs:
        raise UserError(
            f"nothing to compare: of {len(a.paths)} images of A and {len(b.paths)} of B none has "
            f"the same path and label; compare runs of the same data"
        )
    moved = changed(pairs)
    lines = [
        *verdict(matched, difference(pairs)),
        *class_table(shifts(pairs)),
        *image_table(moved),
    ]
    return lines, moved


def main() -> None:
    """Print the report, and write the images that changed where a file is given."""
    given = parser("compare", __doc__).read()
    lines, moved = compare(fetch(given.a), fetch(given.b))
    if given.out:
        files.write_csv(given.out, Pair._fields, moved)
    print(printable(f"A is {given.a}, B is {given.b}"), *lines, sep="\n")


if __name__ == "__main__":
    errors.run(main)
