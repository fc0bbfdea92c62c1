"""Cross-validate: `reprise folds 5` trains 5 networks, each judged by the fold it never saw.

Each run is an experiment of DVC that ends with evaluate; finished ones come from the cache, and a
killed one goes on where it was. Writes metrics/folds.json and metrics/folds/, with the prediction
for every image by the one network that did not learn from it.
"""

from reprise.standing import shown
from reprise.tool_parsers import parser
from stages import errors
from tools.repeating import account, out_of_fold, overall
from tools.repeating.runs import carry_out
from tools.repeating.variants import Plan, Variant, require_free, require_several

FOLDS, FOLD, SPLIT = "preprocess.folds", "preprocess.fold", "evaluate.split"


def variants(count: int) -> list[Variant]:
    """Return a run for each fold."""
    return [
        Variant(f"fold{fold}of{count}", (f"{FOLDS}={count}", f"{FOLD}={fold}", f"{SPLIT}=test"))
        for fold in range(count)
    ]


def main() -> None:
    """Carry out the runs, print what they say together, and write it."""
    given = parser("folds", __doc__).read()
    require_several(given.count, "K")
    require_free(given.settings, [FOLDS, FOLD, SPLIT])
    plan = Plan("folds", variants(given.count), tuple(given.settings), given.jobs)
    runs = carry_out(plan)
    joined = out_of_fold.pool(runs)
    found = overall.other_splits(plan.command, plan.settings, runs)
    found = found._replace(pooled=overall.pooled(joined))
    page = account.write(found, joined)
    print(*account.told(found), f"Open {shown(page)}.", sep="\n")


if __name__ == "__main__":
    errors.run(main)
