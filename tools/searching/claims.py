"""Leases of trials: a table beside those of Optuna, so that no trial runs twice.

No clock is compared: who holds a trial counts up, and who sees a count stand still for a while,
while the database answers, takes the trial over.
"""

import socket
import threading
from pathlib import Path
from time import monotonic
from uuid import uuid4

from sqlalchemy import Column, ColumnElement, Engine, Integer, MetaData, String, Table, and_, select
from sqlalchemy.exc import IntegrityError

from stages import files
from tools.searching.outage import Patience
from tools.searching.storage import FOLDER, at_once

TABLE = Table(
    "reprise_claims",
    MetaData(),
    Column("study", String(255), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("holder", String(4096), nullable=False),
    Column("beats", Integer, nullable=False),
)
BEAT = 5.0  # seconds between two beats
STILL = 60.0  # seconds without one after which a trial is another's


def holder() -> str:
    """Return the identity of this folder: host name, path and a random identifier."""
    file = FOLDER / "holder"
    if not (file.is_file() and file.stat().st_size):
        files.remove(file)
        with files.replacing(file) as made:
            made.write_text(str(uuid4()), encoding="utf-8", newline="\n")
    return f"{socket.gethostname()}:{Path.cwd()}:{file.read_text(encoding='utf-8')}"


class Claims:
    """The claims of one study, by one folder of one machine."""

    def __init__(
        self, engine: Engine, study: str, patience: Patience, *, still: float = STILL
    ) -> None:
        """Make the table where there is none."""
        patience(lambda: at_once(lambda: TABLE.metadata.create_all(engine)))
        self._engine, self._study, self._still = engine, study, still
        self._patience = patience
        self._holder = holder()
        self._held, self._lock = set[int](), threading.Lock()
        self._seen = dict[int, tuple[str, int, float]]()  # holder, beats, since when

    def take(self, number: int) -> bool:
        """Claim a trial; return whether it is ours now.

        It is, where nobody has it, where a command of this folder had it, which is gone since
        there is one at a time, or where its holder has been still.
        """
        with self._lock:
            if number in self._held:
                return False
            if self._patience(lambda: self._insert(number) or self._take_over(number), self.forget):
                self._held.add(number)
                return True
            return False

    def beat(self) -> set[int]:
        """Send a heartbeat for each claim held; return the trials that another has taken over."""
        held = [*self._held]
        lost = {number for number in held if not self._patience(lambda: self._count_up(number))}  # noqa: B023
        with self._lock:
            self._held -= lost
        return lost

    def release(self, number: int) -> None:
        """Give a trial back."""
        with self._lock:
            self._held.discard(number)
            self._patience(lambda: self._delete(number))

    def forget(self) -> None:
        """Restart the measurement of stale claims after an outage of the database."""
        self._seen.clear()

    def _insert(self, number: int) -> bool:
        row = {"study": self._study, "number": number, "holder": self._holder, "beats": 0}
        try:
            with self._engine.begin() as connection:
                connection.execute(TABLE.insert().values(row))
        except IntegrityError:
            return False
        return True

    def _take_over(self, number: int) -> bool:
        """Take over a stale claim by compare-and-swap: of two that try, one succeeds."""
        with self._engine.begin() as connection:
            row = connection.execute(
                select(TABLE.c.holder, TABLE.c.beats).where(self._is(number))
            ).first()
            if row is None:
                return False
            holder, beats = row
            if holder != self._holder and not self._is_still(number, holder, beats):
                return False
            same = and_(self._is(number), TABLE.c.holder == holder, TABLE.c.beats == beats)
            new = {"holder": self._holder, "beats": beats + 1}
            return connection.execute(TABLE.update().where(same).values(new)).rowcount == 1

    def _is_still(self, number: int, holder: str, beats: int) -> bool:
        now = monotonic()
        known = self._seen.get(number)
        if known is None or known[:2] != (holder, beats):
            self._seen[number] = holder, beats, now
            return False
        return now - known[2] >= self._still

    def _delete(self, number: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(TABLE.delete().where(self._is(number), self._ours()))

    def _count_up(self, number: int) -> bool:
        with self._engine.begin() as connection:
            ours = TABLE.update().where(self._is(number), self._ours())
            return connection.execute(ours.values(beats=TABLE.c.beats + 1)).rowcount == 1

    def _is(self, number: int) -> ColumnElement[bool]:
        return and_(TABLE.c.study == self._study, TABLE.c.number == number)

    def _ours(self) -> ColumnElement[bool]:
        return TABLE.c.holder == self._holder
