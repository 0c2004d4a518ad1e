"""The figures of one process, in the form that Prometheus reads. Counted as plain numbers, rendered when asked for."""

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Figures(Collector):
    """Requests by path and status, and whatever gauges and counters were named."""

    def __init__(self, worker: int) -> None:
        self._worker = str(worker)
        self._requests: Counter[tuple[str, int]] = Counter()
        self._read: list[tuple[type[Metric], str, str, Callable[[], float]]] = []
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def answered(self, path: str, status: int) -> None:
        """Counts one answer. `path` is a row of the route table, never a stranger's text."""
        self._requests[path, status] += 1

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Adds a figure that goes up and down."""
        self._read.append((GaugeMetricFamily, name, meaning, read))

    def counter(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Adds a figure that only goes up."""
        self._read.append((CounterMetricFamily, name, meaning, read))

    def collect(self) -> Iterator[Metric]:
        """What Prometheus gets."""
        requests = CounterMetricFamily(
            "admincenter_requests", "Answers by path and status", labels=["worker", "path", "status"]
        )
        for (path, status), count in sorted(self._requests.items()):
            requests.add_metric([self._worker, path, str(status)], count)
        yield requests
        for kind, name, meaning, read in self._read:
            family = kind(f"admincenter_{name}", meaning, labels=["worker"])  # type: ignore[call-arg]
            family.add_metric([self._worker], read())  # type: ignore[attr-defined]
            yield family

    def render(self) -> bytes:
        """The text of /metrics."""
        return generate_latest(self._registry)
