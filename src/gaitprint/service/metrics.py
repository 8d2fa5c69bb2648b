"""What the service counts of itself, for Prometheus; no name of anybody is in it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BATCHES = (1, 2, 4, 8, 16, 32)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@runtime_checkable
class Counted(Protocol):
    """What has a queue."""

    @property
    def count(self) -> int:
        """How much is there."""
        ...


class Metrics:
    """Counters of one service."""

    def __init__(self) -> None:
        # one of its own: several services may live in one process
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "gaitprint_requests", "Answers by route and status.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "gaitprint_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        # never of whom: counters are read by people who may not see names
        self._answers = Counter("gaitprint_answers", "Probes by what was said.", ["answer"], registry=self._registry)
        self._waiting = Gauge("gaitprint_waiting", "Work there, by lane.", ["lane"], registry=self._registry)
        self._batches = Histogram(
            "gaitprint_batch_walks", "Walks embedded together.", buckets=_BATCHES, registry=self._registry
        )

    def watch(self, queues: Mapping[str, Counted]) -> None:
        """Show how much waits where."""
        for name, there in queues.items():
            self._waiting.labels(name).set_function(lambda there=there: float(there.count))

    def embedded(self, count: int) -> None:
        """Count walks that were embedded together."""
        self._batches.observe(count)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def identified(self, known: bool) -> None:
        """Count a probe."""
        self._answers.labels("identified" if known else "unknown").inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
