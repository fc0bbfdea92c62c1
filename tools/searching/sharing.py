"""Send experiments to a Git remote and a DVC remote, and bring those of others."""

import subprocess
import threading

from reprise.escaping import printable
from stages.address import redacted


class Remote:
    """A Git remote, and DVC's; what could not be sent is tried again in the end."""

    def __init__(self, remote: str | None) -> None:
        """Take the name or address of a Git remote; None: nothing is sent."""
        self._remote, self._waiting, self._lock = remote, list[str](), threading.Lock()

    def send(self, name: str) -> None:
        """Send an experiment, with what DVC has of it."""
        if self._remote is None:
            return
        with self._lock:  # two at once would write the same files
            if reason := _failure("push", self._remote, name):
                if not self._waiting:
                    print(printable(f"not sent yet: {name} ({reason}); it is tried again"))
                self._waiting.append(name)

    def bring(self, name: str) -> str:
        """Bring an experiment of another machine; return why that fails, or nothing."""
        if self._remote is None:
            return "its machine did not send it: `reprise search --push REMOTE` does"
        return _failure("pull", self._remote, name)

    def finish(self) -> None:
        """Send what could not be sent before, and tell what cannot be now."""
        names, self._waiting = self._waiting, []
        for name in names:
            self.send(name)
        if self._waiting:
            how = f"dvc exp push {redacted(self._remote or '')} NAME"
            print(printable(f"not sent: {', '.join(self._waiting)}; `{how}` sends one"))


def _failure(what: str, remote: str, name: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["dvc", "exp", what, "--quiet", remote, name],  # noqa: S607
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it says nothing"]
    return redacted(lines[-1].removeprefix("ERROR: ")) if done.returncode else ""
