"""Search for good parameters: `reprise search` tries what search.yaml names.

Each trial is an experiment of DVC that ends with evaluate; finished stages come from the cache, and
a killed search goes on where it was. Writes metrics/search.json and metrics/search/.
`reprise search-apply` sets the best in params.yaml; `reprise search-board` opens Optuna's
dashboard.
"""

import sys

from reprise.tool_parsers import parser
from stages import errors, installing

NAMES = {"run": "search", "apply": "search-apply", "board": "search-board"}


def main() -> None:
    """Run, apply or show a search.

    Raises:
        UserError: Optuna is not installed.
    """
    words = sys.argv[1:]
    word = words.pop(0) if words[:1] and words[0] in NAMES else "run"
    name = NAMES[word]
    given = parser(name, __doc__ if word == "run" else None).read(words)
    installing.require("optuna", "search", f"reprise {name}")
    from tools.searching import commands  # noqa: PLC0415  # they need Optuna

    {"run": commands.search, "apply": commands.apply, "board": commands.board}[word](given)


if __name__ == "__main__":
    errors.run(main)
