"""A PostgreSQL server on this machine, of Debian's package, for tests to kill."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
# It refuses to run as root; the package has a user of its own.
USER = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
OWNER = "postgres"


class Postgres:
    """A server, and the address of a database in it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self.address = f"postgresql://{OWNER}@127.0.0.1:{port}/postgres"
        self._call("initdb", "-U", OWNER, "-A", "trust", "--no-sync", "-D", str(folder / "data"))

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-h 127.0.0.1 -p {self._port} -k {self._folder} -F"
        log = str(self._folder / "log")
        self._call(
            "pg_ctl", "-w", "-D", str(self._folder / "data"), "-l", log, "-o", options, "start"
        )

    def kill(self) -> None:
        """Kill it and all its processes, as a machine that loses power."""
        pid = int((self._folder / "data/postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            os.kill(each, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists() and "Z" not in _state(pid):
            time.sleep(0.05)

    def _call(self, name: str, *arguments: str) -> None:
        assert BIN
        done = subprocess.run(
            [str(BIN.with_name(name)), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
            **USER,  # type: ignore[call-overload]
        )
        assert not done.returncode, done.stdout


@contextmanager
def server() -> Iterator[Postgres]:
    """Yield a server that runs, in a folder of its own; kill it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="reprise-postgres-"))
    try:
        if USER:
            shutil.chown(folder, OWNER, OWNER)
        made = Postgres(folder, _free_port())
        made.start()
        try:
            yield made
        finally:
            made.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
