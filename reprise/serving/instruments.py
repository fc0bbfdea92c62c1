"""Metrics of the server: counters, gauges and histograms for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Instruments:
    """Counters and histograms of one server."""

    def __init__(self) -> None:
        self.registry = here = CollectorRegistry()
        self.requests = Counter(
            "reprise_requests", "Answered requests", ["path", "status"], registry=here
        )
        self.seconds = Histogram(
            "reprise_request_seconds",
            "From the header to the answer",
            ["path"],
            registry=here,
            buckets=SECONDS,
        )
        self.images = Counter(
            "reprise_images", "Pictures, by what came of them", ["outcome"], registry=here
        )
        self.batch = Histogram(
            "reprise_batch_images", "Pictures in a batch", registry=here, buckets=SIZES
        )
        self.model = Gauge(
            "reprise_model", "The model that answers: 1", ["name", "version"], registry=here
        )
        self.swaps = Counter(
            "reprise_swaps", "New models, by what came of them", ["outcome"], registry=here
        )
        self.queue = Gauge("reprise_queue_images", "Pictures that wait", registry=here)
        self.admitted = Gauge("reprise_admitted_images", "Pictures not yet answered", registry=here)
        ProcessCollector(registry=here)

    def watch(self, waiting: Callable[[], float], admitted: Callable[[], float]) -> None:
        """Read the length of the queue when somebody asks."""
        self.queue.set_function(waiting)
        self.admitted.set_function(admitted)

    def serves(self, name: str, version: str) -> None:
        """Say which model answers from now on."""
        self.model.clear()
        self.model.labels(name, version).set(1)

    def text(self) -> bytes:
        """Return all in Prometheus's text format, version 0.0.4."""
        return generate_latest(self.registry)
