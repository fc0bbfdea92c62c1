"""Watch where the model comes from, and put a new one in the place of the old one."""

import asyncio
from contextlib import suppress

from reprise.escaping import first_line
from reprise.model import ModelError
from reprise.serving.deployment import Deployed, ModelSource
from reprise.serving.log_lines import FIELDS, LOG
from reprise.serving.service import Serving

INTERVAL = 1.0  # seconds between two looks


class Swapper:
    """Checks the model file once a second, and on `tell`, and loads it when it has changed.

    A changed file is loaded when two checks find it the same, as a copy may be under way.
    """

    def __init__(self, origin: ModelSource, service: Serving, seen: object) -> None:
        """Take what the origin has shown before the present model was loaded."""
        self._origin, self._service = origin, service
        self._tried = self._last = seen
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Look at once, and load whatever there is; from any thread by `call_soon_threadsafe`."""
        self._told.set()

    async def watch(self) -> None:
        """Look until it is cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), INTERVAL)
            forced = self._told.is_set()
            self._told.clear()
            try:
                await self.look(forced=forced)
            except Exception:  # noqa: BLE001 - a watcher that ends would leave the old model for ever
                LOG.exception("the model could not be looked at")

    async def look(self, *, forced: bool) -> None:
        """Load the model if it may have changed."""
        seen = await asyncio.to_thread(self._origin.seen)
        settled, self._last = seen == self._last, seen
        if forced or (settled and seen not in {None, self._tried}):
            self._tried = seen
            await self._load()

    async def _load(self) -> None:
        old, swaps = self._service.deployed, self._service.instruments.swaps
        try:
            new = await asyncio.to_thread(self._origin.load)
        except Exception as error:  # noqa: BLE001 - the file may be of anybody's making
            swaps.labels("refused").inc()
            known = isinstance(error, ModelError)
            told = str(error) if known else f"{type(error).__name__}: {first_line(error)}"
            LOG.error("the new model is not used, %s goes on: %s", old.version, told)
            return
        if new.version == old.version:
            LOG.info("the model is the same", extra={FIELDS: {"model": old.version}})
            return
        self._service.replace(new)
        swaps.labels("replaced").inc()
        LOG.info("a new model answers", extra={FIELDS: _change(old, new)})


def _change(old: Deployed, new: Deployed) -> dict[str, object]:
    """Return the versions, and whether classes or input differ, for the log."""
    said: dict[str, object] = {"model": new.version, "before": old.version}
    for name in ("classes", "spec"):
        if getattr(old.model.metadata, name) != getattr(new.model.metadata, name):
            said[f"other_{name}"] = True
    return said | ({"alone": True} if new.alone else {})
