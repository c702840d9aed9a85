"""``/healthz``, ``/readyz`` and ``/metrics`` over HTTP, from a thread of its own."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ingest.config import ConfigError
from ingest.metrics import PREFIX, SECONDS, Command, Durations, Kind, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric as Family

    from ingest.metrics import Metric, Seen
    from ingest.observability.vitals import Vitals

_PATIENCE = 5.0
"""Seconds that a client has for each step of its request: a scraper takes milliseconds."""

log = structlog.get_logger(__name__)


@contextmanager
def listening(address: str | None, vitals: Vitals, command: Command = Command.RUN) -> Iterator[tuple[str, int] | None]:
    """Serve the pages at ``host:port`` meanwhile (port 0: any free one); gives where. Nowhere for ``None``.

    Raises:
        ConfigError: Nobody can listen there.
    """
    if address is None:
        yield None
        return
    server = _server(address, vitals, command)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.1), name="metrics", daemon=True)
    thread.start()
    try:
        host, port, *_ = server.server_address
        yield str(host), int(port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _server(address: str, vitals: Vitals, command: Command) -> ThreadingHTTPServer:
    host, _, port = address.rpartition(":")
    try:
        server = _Pages((host.strip("[]"), int(port)), _handler(vitals, command))
    except OSError as error:
        raise ConfigError(f"metrics.listen {address!r} cannot be listened on: {error.strerror}") from None
    return server


class _Pages(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  the library's signature
        """Log a bug as one entry. A client that went away is none, and the library would print a trace of each."""
        error = sys.exception()
        if not isinstance(error, OSError):
            log.error("page_failed", exc_info=error)


def _handler(vitals: Vitals, command: Command) -> type[BaseHTTPRequestHandler]:
    registry = CollectorRegistry()
    registry.register(_Metrics(vitals, command))
    ProcessCollector(registry=registry)

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE
        server_version = "oom-ingest"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, encode(registry), kind)
            elif path in ("/healthz", "/readyz"):
                reason = vitals.not_alive() if path == "/healthz" else vitals.not_ready()
                self._answer(503 if reason else 200, f"{reason or 'ok'}\n".encode())
            else:
                self._answer(404, b"/metrics, /healthz, /readyz\n")

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the library's name
            """A probe every few seconds is nothing to log."""

    return Handler


class _Metrics(Collector):
    """The catalogue with the values of the moment."""

    def __init__(self, vitals: Vitals, command: Command) -> None:
        self._vitals = vitals
        self._command = command

    def collect(self) -> Iterable[Family]:
        """See ``prometheus_client``."""
        return families(self._vitals.seen, self._command)


def families(seen: Seen, command: Command) -> Iterator[Family]:
    """Every metric of a command with its values."""
    return (_family(metric, seen) for metric in metrics_of(command))


def _family(metric: Metric, seen: Seen) -> Family:
    name = PREFIX + metric.name
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(name, metric.text, labels=metric.labels)
        for labels, durations in metric.read(seen):
            assert isinstance(durations, Durations)  # noqa: S101  the catalogue's promise
            histogram.add_metric(labels, _cumulated(durations), durations.total)
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(name, metric.text, labels=metric.labels)
    for labels, value in metric.read(seen):
        assert not isinstance(value, Durations)  # noqa: S101  likewise
        family.add_metric(labels, value)
    return family


def _cumulated(durations: Durations) -> list[tuple[str, float]]:
    bounds = [*(str(bound) for bound in SECONDS), "+Inf"]
    return [(bound, sum(durations.buckets[: at + 1])) for at, bound in enumerate(bounds)]
