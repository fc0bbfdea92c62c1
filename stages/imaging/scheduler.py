"""Reach the scheduler of a Dask cluster, and leave no task there.

It changes where and when an image is decoded, never what comes out: workers of other code or other
libraries are refused, and what a killed worker had is decoded by another.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from distributed import Client
from distributed.comm.addressing import get_address_host_port
from distributed.security import Security

from reprise.escaping import first_line
from stages.artifacts.raw import RowGroup
from stages.errors import UserError
from stages.imaging import worker
from stages.imaging.cluster import Cluster
from stages.imaging.engine import SCHEDULER

CONNECT = 30.0  # seconds for a scheduler to answer
RELATIVES = "python", "dask", "distributed"  # of the scheduler: of others, it may not understand


@contextmanager
def connected(address: str, groups: Sequence[RowGroup]) -> Iterator[Cluster]:
    """Yield the cluster of a scheduler once a worker is there; at the end, cancel what is not done.

    Raises:
        UserError: the scheduler is not reached, lost or of another version, no worker joins, one
            has other software, or several were killed by the same images.
    """
    for name in ("distributed", "tornado", "asyncio"):  # what they report becomes one message here
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with _client(address) as client:
        cluster = Cluster(client, address)
        try:
            _require_same_version(client, address)
            cluster.wait_for_workers()
            cluster.agree(groups)
            yield cluster
        except (CancelledError, OSError) as error:
            raise UserError(
                f"{address} ({SCHEDULER}): the scheduler was lost; start it and its workers again, "
                "then run the stage again"
            ) from error
        finally:
            cluster.cancel()


def _client(address: str) -> Client:
    """Connect to a scheduler.

    Raises:
        UserError: it is not reached.
    """
    try:
        _check(address)
        return Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(
            f"{address!r} ({SCHEDULER}) is no scheduler that answers within {CONNECT:g} s "
            f"({first_line(error)}); start it as docs/scale.md says, correct the address, or "
            "unset the variable to decode on this machine"
        ) from error


def _check(address: str) -> None:
    """Check an address before there is a client, which cannot clean up after these errors.

    Raises:
        ValueError: it is none, or one that needs a certificate, and there is none.
    """
    get_address_host_port(address)
    if address.startswith("tls:") and not Security().get_connection_args("client")["ssl_context"]:
        raise ValueError("Dask's configuration names no certificate")


def _require_same_version(client: Client, address: str) -> None:
    """Refuse a scheduler of another version, whose protocol may be another.

    Raises:
        UserError: it is.
    """
    found: Any = client.get_versions()  # no awaitable: this client waits
    if flaw := worker.differences(_relatives(found["scheduler"]), _relatives(found["client"])):
        raise UserError(f"the scheduler at {address}: {flaw}; {worker.START}")


def _relatives(versions: dict[str, Any]) -> dict[str, str]:
    """Return what must be the same of the versions that Dask tells."""
    packages: dict[str, str] = versions["packages"]
    return {name: ".".join(packages[name].split(".")[:3]) for name in RELATIVES}
