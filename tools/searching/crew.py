"""Run the trials of a study by several workers, which other machines may share."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

from stages import files
from stages.errors import UserError
from stages.progress import Progress, say
from tools.experimenting.alone import FOLDER as CLONES
from tools.experimenting.alone import alone
from tools.experimenting.beginning import Beginning
from tools.experimenting.workplace import Workplace, opened
from tools.searching import devices
from tools.searching.attempt import Attempt, Order
from tools.searching.claims import BEAT
from tools.searching.failed_trials import FailedTrials
from tools.searching.storage import FOLDER
from tools.searching.study import Opened

IDLE = 1.0  # seconds between two looks at the trials of others


class Crew:
    """The workers of this folder."""

    def __init__(self, at: Opened, begun: Beginning, share: Callable[[str], None]) -> None:
        """Take a study, what its trials begin from, and what sends an experiment to others."""
        self._at, self._begun, self._share = at, begun, share
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._at_work = dict[int, threading.Event]()  # what stops a trial
        self._killed = set[int]()  # trials that a signal has ended once
        self._failures = FailedTrials(at)
        self._ended = 0

    def work(self, jobs: int) -> None:
        """Carry out all trials that are left, `jobs` at a time; wait for those of others.

        Raises:
            UserError: the first trials have all failed, one cannot run for another reason than its
                parameters, the database is away, or another command is at work here.
            KeyboardInterrupt: by Ctrl-C, with a message of its own.
        """
        with alone() as lock, ExitStack() as stack:
            stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
            total, left = self._at.design.params.trials, self._at.left()
            self._tidy(left)
            self._ended = total - len(left)
            self._bar = Progress("search", total, "trials")
            self._bar.resume(self._ended)
            stack.enter_context(self._bar)
            jobs = min(jobs, len(left))
            pool = stack.enter_context(ThreadPoolExecutor(jobs + 1))
            stack.callback(self._stop_all)
            self._wait_for_slots(pool, jobs, lock)
            self._show(self._at.left())

    def _wait_for_slots(self, pool: ThreadPoolExecutor, jobs: int, lock: int) -> None:
        """Start the slots and the heartbeat, and wait until all slots have ended."""
        beat = pool.submit(self._beat)
        slots = [pool.submit(self._slot, number, lock) for number in range(jobs)]
        try:
            for slot in wait(slots, return_when=FIRST_EXCEPTION).done:
                slot.result()
            self._stop_all()
            beat.result()
        except KeyboardInterrupt as error:
            self._at.patience.end()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second would leave them at work
            say("stopping the trials that are at work")
            raise KeyboardInterrupt(
                "stopped; the same command goes on, with the trials that were at work"
            ) from error

    def _slot(self, slot: int, lock: int) -> None:
        """Carry out one trial after the other, until all have ended."""
        with opened(CLONES / f"{slot}", self._begun) as place:
            while not self._stop.is_set() and (left := self._at.left()):
                self._show(left)
                number = next((number for number in left if self._take(number)), None)
                if number is None:
                    self._wait(left)
                    continue
                try:
                    self._carry_out(number, place, slot, lock)
                finally:
                    self._at_work.pop(number, None)
                    if number not in self._failures:
                        self._at.claims.release(number)

    def _take(self, number: int) -> bool:
        if not self._at.claims.take(number):
            return False
        if number in self._at.left():
            return True
        self._at.claims.release(number)  # it ended just now
        return False

    def _wait(self, left: list[int]) -> None:
        """Wait for the trials of others; where all that are left have failed here, say so."""
        self._failures.tell_last(left)
        self._stop.wait(IDLE)

    def _carry_out(self, number: int, place: Workplace, slot: int, lock: int) -> None:
        """Carry out one trial, and tell the study what it came to."""
        stop = self._at_work[number] = threading.Event()
        if self._stop.is_set():
            return
        trial, settings = self._at.begin(number)
        name = f"{self._at.study.study_name}-trial{number}"
        aim, folder = self._at.design.params.aim, self._folder(number)
        order = Order(name, settings, aim, folder, devices.environment(slot))
        found = Attempt(place, order, self._at.judge(trial)).run(lock, stop)
        if found.state in {"complete", "pruned"}:
            place.hand_over(name)
            self._at.tell(trial, found, name)
            files.remove(folder)
            self._failures.tell()
            say(self._at.line(number, settings, found))
            self._share(name)
        elif found.state == "killed" and number not in self._killed:
            self._killed.add(number)
            say(f"trial {number} {found.reason} (is memory short?); it is tried once more")
        elif found.state == "broken":
            raise UserError(
                f"trial {number} cannot run here: {found.reason}; what it did is in "
                f"{self._folder(number) / 'log'}; when that is mended, the same command goes on"
            )
        elif found.state != "stopped":
            say(self._at.line(number, settings, found))
            self._failures.keep(number, found, self._folder(number) / "log")

    def _beat(self) -> None:
        """Send heartbeats; stop the trials that another machine has taken over."""
        try:
            while not self._stop.wait(BEAT):
                for number in self._at.claims.beat():
                    if number in self._at_work:
                        self._at_work[number].set()
        finally:
            self._stop_all()  # without heartbeats, another takes over what is at work

    def _stop_all(self) -> None:
        self._stop.set()
        for stop in [*self._at_work.values()]:
            stop.set()

    def _show(self, left: list[int]) -> None:
        """Move the bar to the number of ended trials, those of other machines included."""
        with self._lock:
            ended = self._at.design.params.trials - len(left)
            if best := self._at.best_so_far():
                self._bar.note(best)
            self._bar.advance(max(0, ended - self._ended))
            self._ended = max(ended, self._ended)

    def _folder(self, number: int) -> Path:
        return FOLDER / self._at.study.study_name / f"trial{number}"

    def _tidy(self, left: list[int]) -> None:
        """Remove what a killed search has left of trials that have ended."""
        kept = {self._folder(number) for number in left}
        for folder in self._folder(0).parent.glob("trial*"):
            if folder not in kept:
                files.remove(folder)
