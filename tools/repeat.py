"""Train with other seeds: `reprise repeat 5` says how far chance moves the scores.

Each run is an experiment of DVC that ends with evaluate; finished ones come from the cache, and a
killed one goes on where it was. Writes metrics/repeat.json and metrics/repeat/.
"""

from reprise.standing import shown
from reprise.tool_parsers import parser
from stages import errors
from tools.repeating import account, overall
from tools.repeating.published import require_unpublished
from tools.repeating.runs import carry_out
from tools.repeating.variants import Plan, Variant, require_free, require_several

SEED, SPLITS = "train.seed", "preprocess.seed"


def variants(count: int, *, splits: bool) -> list[Variant]:
    """Return a run for each seed from 0 on; with `splits`, the images are split by it, too."""
    if splits:
        return [
            Variant(f"split{seed}", (f"{SEED}={seed}", f"{SPLITS}={seed}")) for seed in range(count)
        ]
    return [Variant(f"seed{seed}", (f"{SEED}={seed}",)) for seed in range(count)]


def main() -> None:
    """Carry out the runs, print what they say together, and write it."""
    given = parser("repeat", __doc__).read()
    require_several(given.count, "N")
    require_free(given.settings, [SEED, SPLITS] if given.splits else [SEED])
    if given.splits:
        require_unpublished(given.settings)
    plan = Plan(
        "repeat", variants(given.count, splits=given.splits), tuple(given.settings), given.jobs
    )
    runs = carry_out(plan)
    if given.splits:
        overall.require_other_images(runs)
    sum_up = overall.other_splits if given.splits else overall.same_splits
    found = sum_up(plan.command, plan.settings, runs)
    page = account.write(found)
    print(*account.told(found), f"Open {shown(page)}.", sep="\n")


if __name__ == "__main__":
    errors.run(main)
