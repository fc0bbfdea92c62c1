"""Real servers on the loopback, each what a DVC remote may lie on."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

HOST = "127.0.0.1"
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ["PATH"])


class Server(NamedTuple):
    """A remote: its address, its settings, and what the environment of its user holds."""

    url: str
    settings: dict[str, str]
    env: dict[str, str]


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def ssh(folder: Path, limit: int | None = None) -> Iterator[Server]:
    """Serve a folder by OpenSSH; no file there may grow beyond `limit` bytes, like on a full disk.

    Its address is a `Host` in ~/.ssh/config, so it works as `ssh team` does.
    """
    home, port = keys(folder), free_port()
    (home / ".ssh" / "config").write_text(
        f"Host team\n  HostName {HOST}\n  Port {port}\n  IdentityFile {home}/.ssh/user\n", "utf-8"
    )
    process = daemon(folder, port, limit)
    try:
        yield Server(f"ssh://team{folder}/remote", {}, {"HOME": str(home)})
    finally:
        process.terminate()
        process.wait()


def keys(folder: Path) -> Path:
    """Make keys of a host and of a user, and return the user's home."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    for key in (folder / "host", home / ".ssh" / "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    shutil.copy(home / ".ssh" / "user.pub", folder / "authorized_keys")
    return home


def daemon(folder: Path, port: int, limit: int | None) -> "subprocess.Popen[bytes]":
    """Start sshd as the current user, and return it once it listens."""
    config, log = folder / "sshd_config", folder / "log"
    config.write_text(
        f"ListenAddress {HOST}\nPort {port}\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\n"
        "PasswordAuthentication no\nSubsystem sftp internal-sftp\n",
        "utf-8",
    )
    if os.geteuid() == 0:  # only then does sshd ask for it; Debian makes it with the service
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    bound = [] if limit is None else ["prlimit", f"--fsize={limit}"]
    # Python ignores SIGXFSZ, and so does its child here: a write too far fails, and kills nobody.
    command = [*bound, str(SSHD), "-D", "-f", str(config), "-E", str(log)]
    process = subprocess.Popen(command, restore_signals=False)
    for _ in range(500):
        with socket.socket() as attempt:
            if attempt.connect_ex((HOST, port)) == 0:
                return process
        time.sleep(0.01)
    process.kill()
    raise TimeoutError(f"sshd does not listen: {log.read_text('utf-8')}")


@contextmanager
def s3(folder: Path) -> Iterator[Server]:
    """Serve a bucket by moto, in the memory of this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 -- a second

    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    endpoint = f"http://{HOST}:{server.get_host_and_port()[1]}"
    create = Request(f"{endpoint}/bucket", method="PUT")  # noqa: S310 -- http
    with urlopen(create):  # noqa: S310
        secrets = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": str(folder)}
    try:
        yield Server("s3://bucket/reprise", {"endpointurl": endpoint}, secrets)
    finally:
        server.stop()


class Quiet(SimpleHTTPRequestHandler):
    """Files to read, and no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's
        pass


@contextmanager
def http(folder: Path) -> Iterator[Server]:
    """Serve a folder to read."""
    server = ThreadingHTTPServer((HOST, 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Server(f"http://{HOST}:{server.server_port}", {}, {"HOME": str(folder)})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
