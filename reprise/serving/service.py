"""State of the server: the deployed model, the queue of pictures, and the limits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from reprise.serving.batcher import Batcher
from reprise.serving.bodies import Bodies
from reprise.serving.deployment import Deployed
from reprise.serving.instruments import Instruments
from reprise.serving.prescreen import Decoder
from reprise.serving.refusal import RejectedError
from reprise.serving.settings import Settings

HEAT_MAPS = 16  # at once: of more, the queue would be full for minutes


class Serving:
    """A server's state; only its event loop changes it."""

    def __init__(self, settings: Settings, deployed: Deployed) -> None:
        self.settings, self.deployed = settings, deployed
        self.instruments = Instruments()
        self.bodies = Bodies(settings.limits)
        self.decoder = Decoder(settings.threads, settings.limits.pixels)
        self.batcher = Batcher(settings.batch_size, self.instruments.batch.observe)
        self.explaining = ThreadPoolExecutor(1, "explain")
        self.ending = False
        self.admitted = 0  # pictures that are decoded, wait or are predicted
        self.explained = 0  # of these, for heat maps
        self.instruments.serves(deployed.name, deployed.version)
        self.instruments.watch(self.batcher.depth, lambda: self.admitted)

    def replace(self, deployed: Deployed) -> None:
        """Answer what comes from now on with another model; what waits keeps its own."""
        self.deployed = deployed
        self.instruments.serves(deployed.name, deployed.version)

    @contextmanager
    def admit(self, count: int, explained: int = 0) -> Iterator[Deployed]:
        """Take pictures into the queue, some for heat maps; give the model that is to answer them.

        Raises:
            RejectedError: there are too many already.
        """
        self.refuse_if_full(count)
        if self.explained + explained > HEAT_MAPS:
            reason = f"heat maps of {self.explained} pictures are being made; try again later"
            raise RejectedError(429, reason, {"Retry-After": "5"})
        self.admitted += count
        self.explained += explained
        try:
            yield self.deployed
        finally:
            self.admitted -= count
            self.explained -= explained

    def refuse_if_full(self, count: int = 1) -> None:
        """Refuse a request, best before its body is read.

        Raises:
            RejectedError: there is no place for as many pictures.
        """
        if self.admitted + count > self.settings.limits.queue:
            reason = f"{self.admitted:,} pictures wait; try again later"
            raise RejectedError(429, reason, {"Retry-After": "1"})

    def unready(self) -> str:
        """Return why no more requests should be sent; empty where they may."""
        if self.ending:
            return "the server is ending"
        return "the queue is full" if self.admitted >= self.settings.limits.queue else ""

    def end(self) -> None:
        """End the threads, when all is answered."""
        self.batcher.end()
        self.decoder.end()
        self.explaining.shutdown(cancel_futures=True)
