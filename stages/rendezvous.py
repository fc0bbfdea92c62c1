"""How many processes share a stage, and where machines meet: the variables of torchrun.

They say where a stage runs, and change its speed, never its result; so they are no parameters.

    PET_NPROC_PER_NODE   processes on this machine
    PET_NNODES           machines: 2, or from 1 to 4 as 1:4
    PET_RDZV_ENDPOINT    host:port at which machines meet; the host is one of them
    PET_RDZV_ID          name of the run, if several meet there
    PET_MAX_RESTARTS     how often all processes start again when one is killed
    PET_LOCAL_ADDR       address of this machine, as the others reach it
    PET_RDZV_CONF        limits in seconds: read_timeout=60,join_timeout=600,last_call_timeout=30
"""

import os
from typing import NamedTuple

from stages.errors import UserError

PROCESSES, MACHINES, PLACE = "PET_NPROC_PER_NODE", "PET_NNODES", "PET_RDZV_ENDPOINT"
NAME, RESTARTS, ADDRESS = "PET_RDZV_ID", "PET_MAX_RESTARTS", "PET_LOCAL_ADDR"
LIMITS = "PET_RDZV_CONF"
MOST = 65_535  # processes, machines, restarts, and ports


class Limits(NamedTuple):
    """Seconds that machines wait when they meet; the names are Torch Elastic's."""

    read_timeout: int = 60  # for an answer
    join_timeout: int = 600  # for as many machines as are needed
    last_call_timeout: int = 30  # for more than are needed


class Rendezvous(NamedTuple):
    """Where the processes of a stage meet."""

    name: str  # of the run
    place: str  # host:port; empty on one machine
    least: int  # machines
    most: int  # machines
    restarts: int
    address: str | None  # of this machine
    limits: Limits

    @property
    def is_alone(self) -> bool:
        """Tell whether there is but one machine."""
        return self.most == 1


def processes() -> int | None:
    """Return how many processes the user wants on this machine, or None.

    Raises:
        UserError: the variable is no number above 0.
    """
    found = os.environ.get(PROCESSES, "auto")
    return None if found in {"auto", "cpu", "gpu"} else _number(PROCESSES, found)


def read(stage: str) -> Rendezvous:
    """Read where the processes of a stage meet.

    Raises:
        UserError: a variable cannot be understood, or one is missing.
    """
    least, _, most = os.environ.get(MACHINES, "1").partition(":")
    form = ", or at least and at most as 1:4"
    machines = _number(MACHINES, least, form=form), _number(MACHINES, most or least, form=form)
    if machines[0] > machines[1]:
        raise UserError(f"{MACHINES} is {least}:{most}, expected as 1:4, the smaller number first")
    place = os.environ.get(PLACE, "")
    if machines[1] > 1:
        _require_place(place)
    return Rendezvous(
        f"{os.environ.get(NAME, 'reprise')}-{stage}",
        place if machines[1] > 1 else "",
        *machines,
        _number(RESTARTS, os.environ.get(RESTARTS, "3"), least=0),
        os.environ.get(ADDRESS),
        _limits(os.environ.get(LIMITS, "")),
    )


def _limits(found: str) -> Limits:
    limits = {}
    for one in filter(None, found.split(",")):
        name, _, seconds = one.partition("=")
        if name not in Limits._fields:
            raise UserError(f"{LIMITS} has {name}, expected one of {', '.join(Limits._fields)}")
        limits[name] = _number(f"{name} in {LIMITS}", seconds)
    return Limits(**limits)


def _require_place(place: str) -> None:
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= MOST:
        raise UserError(
            f"{MACHINES} asks for several machines, but {PLACE} is {place or 'not set'}; expected "
            "host:port of one of them, as a:29400, on all of them"
        )


def _number(variable: str, found: str, least: int = 1, form: str = "") -> int:
    if not found.isdecimal() or not least <= int(found) <= MOST:
        raise UserError(f"{variable} is {found}, expected a number from {least} to {MOST}{form}")
    return int(found)
