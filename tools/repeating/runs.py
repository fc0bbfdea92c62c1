"""Carry out runs that differ in one parameter, each as an experiment of DVC."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

from stages.errors import UserError
from tools.experimenting.alone import AGAIN, FOLDER, alone
from tools.experimenting.beginning import beginning, digest
from tools.experimenting.workplace import Workplace, opened
from tools.repeating import scored
from tools.repeating.scored import Scored
from tools.repeating.variants import Plan, Variant


def carry_out(plan: Plan) -> list[Scored]:
    """Run all variants, and return what they came to, in their order.

    Finished stages come from DVC's run cache, a training that was killed from its checkpoint.

    Raises:
        UserError: a run fails, or another command is at work.
        KeyboardInterrupt: by Ctrl-C, with a message of its own.
    """
    begun = beginning(plan.settings)
    mark = f"{plan.command}-{digest(begun, plan.settings)}"
    with alone() as lock, ExitStack() as stack:
        folders = [FOLDER / f"{number}" for number in range(min(plan.jobs, len(plan.variants)))]
        crew = _Crew(mark, plan.settings, lock)
        for folder in folders:
            crew.idle.put(stack.enter_context(opened(folder, begun)))
        pool = ThreadPoolExecutor(len(folders))
        try:
            return [*pool.map(crew.run, plan.variants)]
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(
                f"stopped; {AGAIN}, a training where it was last kept"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


class _Crew:
    """Workplaces that share the runs."""

    def __init__(self, mark: str, settings: Sequence[str], lock: int) -> None:
        self.idle = SimpleQueue[Workplace]()
        self._mark, self._settings, self._lock = mark, settings, lock
        self._failed = False

    def run(self, variant: Variant) -> Scored:
        """Run an experiment where nobody works, and hand it over to the repository.

        Raises:
            UserError: it fails, or one before it has failed.
        """
        name, place = f"{self._mark}-{variant.label}", self.idle.get()
        try:
            if self._failed:
                raise UserError(f"{name}: not begun, because another run failed")
            print(f"{variant.label}, as experiment {name}", flush=True)
            if not place.run(name, (*self._settings, *variant.settings), self._lock):
                self._failed = True
                raise UserError(f"{name} failed, the reason is above; when it is mended, {AGAIN}")
            found = scored.read(place.root, variant.label, name)
            place.hand_over(name)
            return found
        finally:
            self.idle.put(place)
